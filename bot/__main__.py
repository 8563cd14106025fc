"""`python -m bot` is the same command as `shuanglian`."""

from bot.cli import main

main()
