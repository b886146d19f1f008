"""How pydantic checks a table of config.toml against a dataclass: ours, or the Options of a platform."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from datetime import timedelta
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    Field,
    PlainValidator,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from bot.config import words
from bot.config.faults import Faults, join
from bot.config.secrets import is_secret
from bot.errors import QueryError
from bot.model import Pace
from bot.rules import query

T = TypeVar("T")

# pydantic's way to say "no plug-ins": looking for them reads the metadata of every installed package, 30 ms a start.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

MAX_ID = 2**52
"""Telegram promises that its ids fit into 52 bits."""


def _queries(raw: object, check: ValidatorFunctionWrapHandler) -> tuple[str, ...]:
    """One query, or a list of which one must be true."""
    if isinstance(raw, str):
        return (_query(raw),)
    if not isinstance(raw, list | tuple):
        raise ValueError("must be text in quotes, or a list of such texts")
    found: tuple[str, ...] = check(raw)
    if not found:
        raise ValueError("must hold at least one query")
    try:
        query.parse(query.any_of(found))
    except QueryError as error:
        raise ValueError(f"taken together: {error}") from None
    return found


def _query(text: str) -> str:
    try:
        query.parse(text)
    except QueryError as error:
        here = f", before {words.quoted(text[error.at :], 20)}" if text[error.at :].strip() else ""
        raise ValueError(f"{error} (at character {error.at + 1}{here})") from None
    return text


def _term(text: str) -> str:
    try:
        query.term(text)
    except QueryError as error:
        raise ValueError(f"{error}, else nothing can stand inside it") from None
    return text


def _chat(number: int) -> int:
    if not number or abs(number) >= MAX_ID:
        raise ValueError("must be the number of a chat; write /id in the chat, and Vigie tells it")
    return number


def _person(number: int) -> int:
    if not 0 < number < MAX_ID:
        raise ValueError("must be the number of a person; write /id to Vigie, and it tells yours")
    return number


def _unempty(labels: tuple[str, ...]) -> tuple[str, ...]:
    if not labels:
        raise ValueError("must name at least one")
    return tuple(dict.fromkeys(labels))


Duration = Annotated[timedelta, PlainValidator(words.duration)]
Positive = Annotated[timedelta, PlainValidator(words.positive)]
Every = Annotated[timedelta | None, PlainValidator(words.rhythm)]
Line = Annotated[str, PlainValidator(words.line)]
Label = Annotated[str, PlainValidator(words.label)]
Labels = tuple[Label, ...]
SomeLabels = Annotated[Labels, AfterValidator(_unempty)]
Link = Annotated[str, PlainValidator(words.link)]
Excepted = Annotated[str, PlainValidator(words.label), AfterValidator(_term)]
Contact = Annotated[str, PlainValidator(words.contact)]
Address = Annotated[str, PlainValidator(words.address)]
OptionalAddress = Annotated[str, PlainValidator(words.optional_address)]
Networks = tuple[Annotated[words.Network, PlainValidator(words.network)], ...]
Zone = Annotated[str, PlainValidator(words.zone)]
PaceWord = Annotated[Pace, PlainValidator(words.pace)]
Queries = Annotated[tuple[Annotated[str, AfterValidator(_query)], ...], WrapValidator(_queries)]
ChatId = Annotated[int, Field(strict=True), AfterValidator(_chat)]
PersonId = Annotated[int, Field(strict=True), AfterValidator(_person)]
Thread = Annotated[int, Field(strict=True, ge=0, lt=MAX_ID)]
Count = Annotated[int, Field(strict=True, ge=1)]
Flag = Annotated[bool, Field(strict=True)]


def keys(kind: type[Any]) -> Mapping[str, str]:
    """The keys of a table and the fields of its dataclass; ``except_`` is written ``except``."""
    hashable: Any = kind  # mypy does not see that a class is
    return _keys(hashable)


@cache
def _keys(kind: Any) -> Mapping[str, str]:
    return MappingProxyType({each.name.rstrip("_"): each.name for each in fields(kind) if each.init})


def required(kind: type[Any]) -> tuple[str, ...]:
    """The fields without a default."""
    return tuple(each.name for each in fields(kind) if each.default is each.default_factory is MISSING)


def build(kind: type[T], raw: object, path: str, faults: Faults, also: Iterable[str] = ()) -> T | None:
    """The value that a table describes, or None and its faults; ``also`` are keys that somebody else reads."""
    if not isinstance(raw, Mapping):
        faults.add(path, f"must be a table, such as [{path}]")
        return None
    known = keys(kind)
    for key in raw:
        if key not in known and key not in also and not is_secret(key, raw[key]):
            faults.unknown(join(path, key), key, {*known, *also}, "unknown key")
    given = {known[key]: value for key, value in raw.items() if key in known}
    hashable: Any = kind  # mypy does not see that a class is
    try:
        made: T = _adapter(hashable).validate_python(given)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            faults.add(_place(path, each["loc"], each, given), _said(each))
        return None
    return made


@cache
def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _place(path: str, loc: tuple[str | int, ...], error: Mapping[str, Any], given: Mapping[str, object]) -> str:
    if not loc:
        # A __post_init__ does not say which option it means; its sentence may, or there is but one.
        text = _said(error)
        named = [key for key in given if key in text.split()] or list(given)
        loc = (named[0],) if len(named) == 1 else ()
    return join(path, *(part.rstrip("_") if isinstance(part, str) else part for part in loc))


def _said(error: Mapping[str, Any]) -> str:
    """What pydantic found, in our words."""
    context = error.get("ctx", {})
    match error["type"]:
        case "value_error" | "assertion_error":
            return str(context["error"])
        case "missing":
            return "is missing, and nothing works without it"
        case "string_type":
            return "must be text in quotes"
        case "int_type" | "int_parsing" | "int_from_float":
            return "must be a whole number, without quotes"
        case "bool_type" | "bool_parsing":
            return "must be true or false, without quotes"
        case "tuple_type" | "list_type":
            return "must be a list, in brackets"
        case "literal_error" | "enum":
            return f"must be {context['expected']}".replace("'", '"')
        case _:
            text = str(error["msg"])
            return text[:1].lower() + text[1:]
