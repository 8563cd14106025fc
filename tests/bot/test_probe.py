import asyncio, time, sqlite3, pathlib, struct
import pytest
from tests.bot.fake_wecom import *
from bot.app import serve, App
import os, signal
@pytest.mark.parametrize("n",[0,1,3])
async def test_locked(database_file, n):
    settings=settings_over(database_file)
    ports=asyncio.get_running_loop().create_future()
    task=asyncio.create_task(serve(settings, FakeClock(), ports.set_result))
    w=FakeWecom(await ports)
    print(await w.says("a","hi"))
    lock=sqlite3.connect(database_file, isolation_level=None); lock.execute("BEGIN IMMEDIATE")
    posts=[asyncio.create_task(w.post(w.text(f"u{i}","hi"))) for i in range(n)]
    await asyncio.sleep(.3)
    s=time.monotonic()
    os.kill(os.getpid(), signal.SIGTERM)
    r=await asyncio.gather(*posts, return_exceptions=True)
    print(n, [getattr(x,"status",x) for x in r], time.monotonic()-s)
    await task
    print("stopped after", time.monotonic()-s)
    lock.close()

async def test_half(database_file):
    settings=settings_over(database_file)
    ports=asyncio.get_running_loop().create_future()
    task=asyncio.create_task(serve(settings, FakeClock(), ports.set_result))
    port=await ports
    ws=[]
    for d in [b"", b"GET / HT", b"POST /wecom/main HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc", b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc"]:
        r,w=await asyncio.open_connection("127.0.0.1",port); w.write(d); await w.drain(); ws.append((r,w))
    await asyncio.sleep(.3)
    s=time.monotonic()
    os.kill(os.getpid(), signal.SIGTERM)
    await task
    print("stopped after", time.monotonic()-s)
    for r,w in ws: print(await r.read()); w.close()
async def pg(reader, writer):
    n=struct.unpack("!I", await reader.readexactly(4))[0]; d=await reader.readexactly(n-4)
    if d[:4]==struct.pack("!I",80877103):
        writer.write(b"N"); n=struct.unpack("!I", await reader.readexactly(4))[0]; d=await reader.readexactly(n-4)
    body=b"SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user u\0\0"
    writer.write(b"E"+struct.pack("!I",len(body)+4)+body); await writer.drain(); writer.close()
@pytest.mark.parametrize("kind",["closed","auth","garbage","silent"])
async def test_pg(database_file, kind):
    async def garbage(r,w): w.write(b"HTTP/1.1 400 no\r\n\r\n"); w.close()
    async def silent(r,w):
        try: await asyncio.sleep(30)
        finally: w.close()
    server=await asyncio.start_server({"auth":pg,"garbage":garbage,"silent":silent,"closed":silent}[kind],"127.0.0.1",0)
    port=server.sockets[0].getsockname()[1]
    if kind=="closed": server.close(); await server.wait_closed()
    cfg=CONFIG.replace("sqlite+aiosqlite:///{database}", f"postgresql+asyncpg://u:hunter2@127.0.0.1:{port}/d")
    s=time.monotonic()
    async with running(settings_over(database_file,cfg), FakeClock()) as bot:
        r=await bot.wecom.send("GET","/readyz"); print(kind, r.status, r.body.decode(), time.monotonic()-s)
        try:
           print((await bot.wecom.post(bot.wecom.text("a","hi"))).status, time.monotonic()-s)
        except Exception as e: print(e)
    print("closed", time.monotonic()-s)
    server.close()
@pytest.mark.parametrize("kind",["missingdir","notdb","empty","dir"])
async def test_sqlite(tmp_path, kind):
    p=tmp_path/"bot.db"
    if kind=="notdb": p.write_bytes(b"x"*5000)
    if kind=="dir": p.mkdir()
    st=settings_over(p) if kind!="missingdir" else settings_over(tmp_path/"c.db", CONFIG.replace("{database}", str(tmp_path/"no"/"x.db")))
    async with running(st, FakeClock()) as bot:
        r=await bot.wecom.send("GET","/readyz"); print(kind, r.status, r.body.decode())
        print((await bot.wecom.post(bot.wecom.text("a","hi"))).status)
