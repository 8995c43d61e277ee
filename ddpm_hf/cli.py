"""What the command lines share: their flags, user-facing errors and exit codes."""

import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import is_dataclass, replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

import tyro
from tyro.constructors import (
    ConstructorRegistry,
    StructConstructorSpec,
    StructFieldSpec,
    StructTypeInfo,
)

from ddpm_hf.errors import UserError

Options = TypeVar("Options")

Limit = tuple[tuple[str, ...], Callable[[float], bool], str]
"""Names of options, whether a value is allowed, and how that is said; NaN is never allowed."""
SEED: tuple[Limit, ...] = (
    (("seed",), lambda value: value >= 0, "not be below 0"),
    (("seed",), lambda value: value < 2**63, "be below 2^63"),
)

STOPPED = 75
"""Exit status of a command that was stopped and can be continued: EX_TEMPFAIL, "try later"."""


def started_as(module: str) -> list[str]:
    """The words that started this command, up to its flags: a console script, a script, a module.

    module: the one that the command is in.
    """
    script = Path(sys.argv[0])
    if script.name.startswith("ddpm-"):
        return [script.name]
    is_script = script.suffix == ".py" and script.stem not in ("__main__", module.split(".")[-1])
    return ["accelerate", "launch", *([script.name] if is_script else ["-m", module])]


DEFAULT = tyro.conf.arg(help_behavior_hint=lambda value: f"(default:\N{NO-BREAK SPACE}{value})")


def _as_shown(field: StructFieldSpec) -> StructFieldSpec:
    """The field with its docstring as one paragraph, and its default not torn apart."""
    text = field.helptext() if callable(field.helptext) else field.helptext
    shown: Any = Annotated[field.type, DEFAULT]
    return replace(field, type=shown, helptext=text and " ".join(text.split()))


def _wrapped_help() -> ConstructorRegistry:
    """A rule by which a field's docstring is one paragraph; tyro breaks it at indented lines."""
    registry, asked = ConstructorRegistry(), list[type]()

    @registry.struct_rule
    def dataclass(info: StructTypeInfo) -> StructConstructorSpec | None:
        if not is_dataclass(info.type) or info.type in asked:
            return None
        asked.append(info.type)  # for tyro's own rule to answer
        spec = ConstructorRegistry.get_struct_spec(info)
        asked.remove(info.type)
        assert isinstance(spec, StructConstructorSpec)
        return replace(spec, fields=tuple(map(_as_shown, spec.fields)))

    return registry


def options(
    kind: Callable[..., Options], module: str, arguments: list[str] | None = None
) -> Options:
    """The options of a command from its flags, in groups where a field of `kind` is a dataclass.

    module: the one that the command is in, and the command's second word if it has one.
    Exits with a message for wrong ones, or with the help.
    """
    name, *word = module.split()
    return tyro.cli(
        kind,
        args=arguments,
        prog=" ".join([started_as(name)[-1], *word]),
        use_underscores=True,
        config=(tyro.conf.OmitArgPrefixes,),
        registry=_wrapped_help(),
    )


def check_ranges(options: object, limits: Iterable[Limit]) -> None:
    """Raise UserError for an option that is given and is out of its range."""
    for names, is_allowed, bounds in limits:
        for name in names:
            if (value := getattr(options, name)) is not None and not is_allowed(value):
                raise UserError(f"--{name} must {bounds}; got {value}.")


@contextmanager
def user_errors(module: str) -> Iterator[None]:
    """A UserError ends the command with its message after the command's name."""
    try:
        yield
    except UserError as error:
        sys.exit(f"{started_as(module)[-1]}: {error}")


@contextmanager
def command_line(module: str, stopped: str) -> Iterator[None]:
    """Run a command that can be stopped, and its `user_errors`.

    After Ctrl-C or SIGTERM, which preempted machines receive, it prints `stopped` and exits with
    the status STOPPED.
    """
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with user_errors(module):
            yield
    except KeyboardInterrupt:
        print(stopped, file=sys.stderr)
        sys.exit(STOPPED)
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Import what needs an extra of the package. Raises UserError, which names a missing one."""
    try:
        yield
    except ModuleNotFoundError as error:
        missing = str(error.name).partition(".")[0]
        if missing == __package__:
            raise
        raise UserError(
            f"This needs the package {missing}: pip install 'ddpm-hf[{name}]', or from a clone"
            f" pip install -e '.[{name}]'."
        ) from error
