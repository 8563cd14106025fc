"""The tutorial way's twin: wechatpy with FastAPI on uvicorn, the same session and commit a message."""

import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request, Response

from bench import roster
from bench.tutorial import FORGED, engine_of, reply
from bench.wire import PATH


def main(folder: Path, port: int) -> None:
    app, engine = FastAPI(), engine_of(folder)

    @app.post(PATH)
    async def receive(request: Request) -> Response:
        try:
            text = reply(engine, request.query_params, await request.body())
        except FORGED:
            return Response(status_code=403)
        return Response(text, media_type="application/xml")

    @app.get("/healthz")
    async def healthz() -> Response:
        return Response("ok")

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)


if __name__ == "__main__":
    if sys.argv[1] == "seed":
        roster.seed(Path(sys.argv[2]) / "check_ins.db")
    else:
        main(Path(sys.argv[2]), int(sys.argv[3]))
