"""The tutorial way: wechatpy with Flask, an ORM session a request, a commit a message."""

import logging
import sys
from pathlib import Path

from flask import Flask, Response, request
from werkzeug.serving import make_server

from bench import roster
from bench.tutorial import FORGED, engine_of, reply_on_wecom
from bench.wire import WIRES


def main(folder: Path, port: int) -> None:
    app, engine = Flask(__name__), engine_of(folder)

    @app.post(WIRES["wecom"].path)
    def receive():
        try:
            return Response(
                reply_on_wecom(engine, request.args, request.data), mimetype="application/xml"
            )
        except FORGED:
            return Response(status=403)

    @app.get("/healthz")
    def healthz():
        return "ok"

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    make_server("127.0.0.1", port, app, threaded=True).serve_forever()


if __name__ == "__main__":
    if sys.argv[1] == "seed":
        roster.seed(Path(sys.argv[2]) / "check_ins.db")
    else:
        main(Path(sys.argv[2]), int(sys.argv[3]))
