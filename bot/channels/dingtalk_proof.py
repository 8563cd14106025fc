"""How DingTalk proves that a request is its own: a moment, signed, and within the hour. Pure."""

import hashlib
import hmac
from base64 import b64encode
from datetime import UTC, datetime, timedelta

from bot.channels.base import Call, Rejected

WINDOW = timedelta(hours=1)
FIRST_YEAR, LAST_YEAR = 2000, 2200


def require_signed(call: Call, stamp: str, given: str, expected: str) -> None:
    """The signature first, in constant time, then its moment by either clock. Raises Rejected."""
    octets = given.encode(errors="surrogatepass")
    if not hmac.compare_digest(expected.encode(), octets):
        raise Rejected("sign")
    at = moment_of(stamp)
    if at is None or min(abs(at - call.at), abs(at - call.machine_at)) > WINDOW:
        raise Rejected("timestamp")


def header(call: Call, name: str) -> str:
    """A header that stands once; twice is as good as not at all."""
    values = call.headers.getall(name, [])
    return values[0] if len(values) == 1 else ""


def robot_signature(stamp: str, secret: str) -> str:
    """Of the robot's callbacks and the groups' own robots: over the moment and the secret (facts section 1)."""
    return _signature(f"{stamp}\n{secret}", secret)


def card_signature(stamp: str, secret: str) -> str:
    """Of card callbacks: over the moment alone (facts section 4.6)."""
    return _signature(stamp, secret)


def moment_of(milliseconds: object) -> datetime | None:
    """The moment of a count of milliseconds, as number or digits; None for one of another age."""
    try:
        found = datetime.fromtimestamp(int(str(milliseconds)) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if FIRST_YEAR < found.year < LAST_YEAR else None


def _signature(signed: str, secret: str) -> str:
    """Base64 of HMAC-SHA256 with the secret."""
    mac = hmac.digest(secret.encode(), signed.encode(errors="surrogatepass"), hashlib.sha256)
    return b64encode(mac).decode()
