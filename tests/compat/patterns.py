"""What a case expects: patterns, and the variables that they bind and that later steps use."""

import datetime
import re

from support import NANO_TIME, SECONDS_TIME, UUID

TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
VARIABLE = re.compile(r"\$(?:\$|repeat\((?P<unit>[^,]*),(?P<count>\d+)\)|\{(?P<braced>\w+)\}"
                      r"|(?P<plain>\w+))")
WORD = re.compile(r"<(?P<word>[a-z]+)(?::(?P<rest>.*))?>", re.DOTALL)
EXPRESSION = re.compile(r"</(?P<expression>.*)/>", re.DOTALL)


class CaseError(Exception):
    """The case itself is wrong: an unknown word, a variable that nothing bound."""


class Mismatch(AssertionError):
    """What came is not what the case expects."""


def is_text(value):
    return isinstance(value, str)


def is_number(value):
    return type(value) is int


SIMPLE = {
    "any": lambda value: True,
    "bool": lambda value: isinstance(value, bool),
    "list": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "string": is_text,
    "text": lambda value: is_text(value) and value.strip() != "",
    "n": is_number,
    "uuid": lambda value: is_text(value) and bool(UUID.fullmatch(value)),
    "token": lambda value: is_text(value) and bool(TOKEN.fullmatch(value)),
    "time": lambda value: is_text(value) and bool(NANO_TIME.fullmatch(value)),
    "seconds": lambda value: is_text(value) and bool(SECONDS_TIME.fullmatch(value)),
}


# ---- Variables -----------------------------------------------------------------------------------

def lookup(name, names):
    if name not in names:
        raise CaseError(f"nothing has bound ${name}")
    return names[name]


def fill(value, names):
    """`value` with its variables replaced; a text that is one variable becomes its value."""
    if isinstance(value, dict):
        return {fill(key, names): fill(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, names) for item in value]
    if not is_text(value) or EXPRESSION.fullmatch(value):
        return value
    whole = VARIABLE.fullmatch(value)
    if whole and (name := whole["braced"] or whole["plain"]):
        return lookup(name, names)

    def replaced(found):
        if found["count"]:
            return found["unit"] * int(found["count"])
        name = found["braced"] or found["plain"]
        return str(lookup(name, names)) if name else "$"

    return VARIABLE.sub(replaced, value)


# ---- Patterns ------------------------------------------------------------------------------------

def nanoseconds(text):
    """A time of the wire as whole nanoseconds since 1970."""
    seconds, _, fraction = text.rstrip("Z").partition(".")
    moment = datetime.datetime.fromisoformat(seconds + "+00:00")
    return int(moment.timestamp()) * 10 ** 9 + int(fraction.ljust(9, "0"))


def is_above(value, bound):
    if is_number(value) and is_number(bound):
        return value > bound
    return SIMPLE["time"](value) and SIMPLE["time"](bound) \
        and nanoseconds(value) > nanoseconds(bound)


def fail(where, value, expected):
    raise Mismatch(f"{where}: expected {expected}, got {value!r}")


def match_word(word, rest, value, names, where):
    """One `<word>` or `<word:rest>` against `value`."""
    if word == "is":
        if value != rest:
            fail(where, value, repr(rest))
    elif word == "above":  # a number or a time greater than that of a variable
        if not is_above(value, lookup(rest, names)):
            fail(where, value, f"more than {lookup(rest, names)!r}")
    elif word == "plus":  # the time of a variable and so many seconds
        name, _, seconds = rest.partition(":")
        start = lookup(name, names)
        if not SIMPLE["time"](value) \
                or nanoseconds(value) - nanoseconds(start) != int(seconds) * 10 ** 9:
            fail(where, value, f"{start} and {seconds} s")
    elif word == "set":  # the words of a list with commas, in any order
        if not is_text(value) or {one.strip() for one in value.split(",")} != set(rest.split(",")):
            fail(where, value, f"exactly {rest} in any order")
    elif word in SIMPLE:
        if not SIMPLE[word](value):
            fail(where, value, f"<{word}>")
        if rest:
            names[rest] = value
    else:
        raise CaseError(f"{where}: no such pattern <{word}>")


def match_text(pattern, value, names, where):
    if found := EXPRESSION.fullmatch(pattern):
        fits = is_text(value) and re.fullmatch(found["expression"], value, re.DOTALL)
        if not fits:
            fail(where, value, f"a text of the form {found['expression']}")
        names.update(fits.groupdict())
    elif found := WORD.fullmatch(pattern):
        match_word(found["word"], found["rest"], value, names, where)
    elif value != pattern or not is_text(value):
        fail(where, value, repr(pattern))


def match_object(pattern, value, names, where):
    """At least the members of `pattern`; with the key `<only>` no others."""
    if not isinstance(value, dict):
        fail(where, value, "an object")
    wanted = {key: item for key, item in pattern.items() if key != "<only>"}
    for key, item in wanted.items():
        if is_text(item) and fill(item, names) == "<absent>":
            if key in value:
                fail(f"{where}.{key}", value[key], "no such member")
        elif key not in value:
            raise Mismatch(f"{where}: the member {key!r} is missing in {value!r}")
        else:
            match(item, value[key], names, f"{where}.{key}")
    if "<only>" in pattern and value.keys() - wanted.keys():
        raise Mismatch(f"{where}: also has {sorted(value.keys() - wanted.keys())}: {value!r}")


def match_list(pattern, value, names, where):
    """As many elements as in `pattern`, in its order unless it begins with `<any order>`."""
    if not isinstance(value, list):
        fail(where, value, "a list")
    in_order = pattern[:1] != ["<any order>"]
    wanted = pattern if in_order else pattern[1:]
    if len(value) != len(wanted):
        raise Mismatch(f"{where}: expected {len(wanted)} elements, got {len(value)}: {value!r}")
    if in_order:
        for index, item in enumerate(wanted):
            match(item, value[index], names, f"{where}[{index}]")
        return
    rest = list(value)
    for item in wanted:
        rest.remove(match_one_of(item, rest, names, where))


def match_one_of(pattern, values, names, where):
    """The first of `values` that fits."""
    for value in values:
        trial = dict(names)
        try:
            match(pattern, value, trial, where)
        except Mismatch:
            continue
        names.update(trial)
        return value
    raise Mismatch(f"{where}: nothing fits {pattern!r} in {values!r}")


LIST_RULES = {"<each>", "<count>", "<ascending>", "<descending>", "<distinct>", "<has>"}


def match_list_rules(pattern, value, names, where):
    """What holds of a whole list: `<each>` of its elements, `<count>`, `<ascending>: member` ..."""
    if not isinstance(value, list):
        fail(where, value, "a list")
    if unknown := pattern.keys() - LIST_RULES:
        raise CaseError(f"{where}: {sorted(unknown)} beside rules of a list")
    count = fill(pattern.get("<count>", len(value)), names)
    if len(value) != count:
        raise Mismatch(f"{where}: expected {count} elements, got {len(value)}")
    if "<each>" in pattern:
        for index, item in enumerate(value):
            match(pattern["<each>"], item, names, f"{where}[{index}]")
    if "<has>" in pattern:
        match_one_of(pattern["<has>"], value, names, where)
    for rule in pattern.keys() & {"<ascending>", "<descending>", "<distinct>"}:
        found = [item[pattern[rule]] for item in value]
        if len(set(found)) != len(found):
            raise Mismatch(f"{where}: {pattern[rule]} repeats: {found}")
        if rule != "<distinct>" and found != sorted(found, reverse=rule == "<descending>"):
            raise Mismatch(f"{where}: not {rule} by {pattern[rule]}: {found}")


def match(pattern, value, names, where="body"):
    """Raises `Mismatch` unless `value` fits; binds the variables of `pattern` in `names`.

    A text, number, truth value or null fits itself alone, types included.
    """
    pattern = fill(pattern, names) if is_text(pattern) else pattern
    if is_text(pattern):
        match_text(pattern, value, names, where)
    elif isinstance(pattern, list):
        match_list(pattern, value, names, where)
    elif isinstance(pattern, dict):
        if pattern.keys() & LIST_RULES:
            match_list_rules(pattern, value, names, where)
        else:
            match_object({fill(key, names): item for key, item in pattern.items()}, value, names,
                         where)
    elif type(value) is not type(pattern) or value != pattern:
        fail(where, value, repr(pattern))
