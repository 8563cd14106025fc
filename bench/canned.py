"""No contender: answers without reading, to show what the load generator could do at most."""

import asyncio
import sys

BODY = b"<xml><Encrypt><![CDATA[" + b"A" * 600 + b"]]></Encrypt></xml>"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


class Canned(asyncio.Protocol):
    def connection_made(self, transport) -> None:
        self._transport = transport

    def data_received(self, _data: bytes) -> None:
        self._transport.write(ANSWER)


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Canned, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        asyncio.run(main(int(sys.argv[3])))
