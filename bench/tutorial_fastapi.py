"""The tutorial way's twin: FastAPI on uvicorn, the same session and commit a message, both platforms."""

import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from bench import roster
from bench.tutorial import FORGED, engine_of, reply_on_dingtalk, reply_on_wecom
from bench.wire import WIRES


def main(folder: Path, port: int) -> None:
    app, engine = FastAPI(), engine_of(folder)

    @app.post(WIRES["wecom"].path)
    async def receive_wecom(request: Request) -> Response:
        try:
            text = reply_on_wecom(engine, request.query_params, await request.body())
        except FORGED:
            return Response(status_code=403)
        return Response(text, media_type="application/xml")

    @app.post(WIRES["dingtalk"].path)
    async def receive_dingtalk(request: Request) -> Response:
        try:
            answer = reply_on_dingtalk(engine, request.headers, await request.json())
        except FORGED:
            return Response(status_code=403)
        return JSONResponse(answer)

    @app.get("/healthz")
    async def healthz() -> Response:
        return Response("ok")

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)


if __name__ == "__main__":
    if sys.argv[1] == "seed":
        roster.seed(Path(sys.argv[2]) / "check_ins.db")
    else:
        main(Path(sys.argv[2]), int(sys.argv[3]))
