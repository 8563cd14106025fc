"""Bad usage of the command line, said in one Chinese line; exit 2."""

import sys
from collections.abc import Sequence
from typing import Any

import click

from bot.terminal import fail

NO_COMMAND = "没有“{name}”这个命令{instead}；可用的命令见 {path} --help"
NO_OPTION = "没有“{name}”这个选项{instead}；用法见 {path} --help"
INSTEAD = "，是不是“{names}”"
MISSING = "缺少 {name}{choices}；用法见 {path} --help"
BAD = "{name}：写得不对{choices}；用法见 {path} --help"
NUMBER = "，应为{least}到{most}的整数"
ONE_OF = "，应为 {names} 之一"
NO_VALUE = "{name} 后面要写内容；用法见 {path} --help"
TAKES_NONE = "{name} 后面不写内容；用法见 {path} --help"
TOO_MANY = "多写了内容，或者缺少命令；用法见 {path} --help"
STOPPED = "已中断"


class Commands(click.Group):
    """The command group whose bad usage is one line."""

    def main(self, args: Sequence[str] | None = None, *more: Any, **extra: Any) -> Any:
        """Run a command; click's own errors are worded here."""
        extra["standalone_mode"] = False
        try:
            code: Any = super().main(args, *more, **extra)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(error.exit_code)
        except click.UsageError as error:
            fail(said_of(error))
        except click.ClickException as error:
            fail(error.format_message())
        except click.Abort:
            fail(STOPPED, code=1)
        sys.exit(code if isinstance(code, int) else 0)


def said_of(error: click.UsageError) -> str:
    """What was wrong, and where the usage is shown."""
    path = error.ctx.command_path if error.ctx else "shuanglian"
    if isinstance(error, click.exceptions.NoSuchCommand):
        instead = _instead(error.possibilities)
        return NO_COMMAND.format(name=error.command_name, instead=instead, path=path)
    if isinstance(error, click.NoSuchOption):
        instead = _instead(error.possibilities)
        return NO_OPTION.format(name=error.option_name, instead=instead, path=path)
    if isinstance(error, click.BadOptionUsage):
        words = NO_VALUE if "requires" in error.message else TAKES_NONE
        return words.format(name=error.option_name, path=path)
    if isinstance(error, click.BadParameter):
        words = MISSING if isinstance(error, click.MissingParameter) else BAD
        return words.format(name=_name(error.param), choices=_choices(error.param), path=path)
    return TOO_MANY.format(path=path)


def _instead(names: list[str] | None) -> str:
    return INSTEAD.format(names="”“".join(names)) if names else ""


def _name(found: click.Parameter | None) -> str:
    if isinstance(found, click.Option):
        return found.opts[0]
    return found.human_readable_name if found else ""


def _choices(found: click.Parameter | None) -> str:
    kind = found.type if found else None
    if isinstance(kind, click.IntRange):
        return NUMBER.format(least=kind.min, most=kind.max)
    if isinstance(kind, click.Choice):
        return ONE_OF.format(names="、".join(map(str, kind.choices)))
    return ""
