"""What a log line looks like, and what never stands in one."""

import asyncio
import io
import logging
import re
import sys
import threading
from base64 import b64encode

import pytest
import structlog

from clusterimport.errors import ClusterImportError
from clusterimport.observability.logging import configure_logging

CANARY = "c4nary-3f9a7b-do-not-show"


def test_a_line_is_json_with_time_level_event_and_logger_first(logs):
    """Machines find ts, level, msg and logger at the same place of every line."""
    structlog.get_logger("clusterimport.x").info("lease acquired", lease="ns/name", tries=2)

    line = logs.last
    assert list(line) == ["ts", "level", "msg", "logger", "lease", "tries"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("ts"))
    assert line == {
        "level": "info",
        "msg": "lease acquired",
        "logger": "clusterimport.x",
        "lease": "ns/name",
        "tries": 2,
    }


def test_context_variables_are_in_our_lines_and_in_those_of_libraries(logs):
    """Whatever is logged during a reconcile tells which one it was."""
    with structlog.contextvars.bound_contextvars(controller="source", key="k"):
        structlog.get_logger("a").debug("x")
        logging.getLogger("aiohttp.client").error("broken")
    structlog.get_logger("a").debug("x")

    ours, library, after = logs.lines
    assert ours["controller"] == library["controller"] == "source"
    assert ours["key"] == library["key"] == "k"
    assert "controller" not in after


def test_a_field_cannot_take_the_place_of_ours(logs):
    """A caller's level or time stands beside the real one."""
    structlog.get_logger("a").warning("x", level="debug", ts="never", logger="b")

    assert (logs.last["level"], logs.last["logger"]) == ("warning", "a")
    assert (logs.last["level_"], logs.last["ts_"], logs.last["logger_"]) == ("debug", "never", "b")


@pytest.mark.parametrize(
    ("level", "said"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_what_is_below_the_level_is_not_said(restored, level, said):
    """The level is the least that is logged."""
    stream = io.StringIO()
    configure_logging(level=level, json=False, stream=stream)
    log = structlog.get_logger("a")
    for name in ("debug", "info", "warning", "error"):
        getattr(log, name)(f"event of {name}")

    assert re.findall(r"event of (\w+)", stream.getvalue()) == said


@pytest.mark.parametrize("name", ["aiohttp.client", "asyncio", "kubernetes_asyncio.client.rest"])
def test_libraries_say_warnings_at_the_least(logs, name):
    """Debug logs of HTTP clients, which print headers and bodies, do not exist."""
    logger = logging.getLogger(name)
    logger.debug("response body: %s", CANARY)
    logger.info("request headers: %s", CANARY)

    assert logs.getvalue() == ""

    logger.warning("connection to %s lost", CANARY)

    assert logs.last["msg"] == "connection to %s lost"
    assert logs.last["logger"] == name
    assert "test_logging.py" in logs.last["place"]


def test_a_library_cannot_lower_its_own_level(logs):
    """Not even a logger that was set to debug by its library gets through."""
    logger = logging.getLogger("kubernetes_asyncio.test")
    logger.setLevel(logging.DEBUG)
    logger.debug("body")

    assert logs.getvalue() == ""


def test_an_error_of_ours_is_told_with_text_place_and_cause(logs):
    """Class, safe text and stack; of a foreign cause the class alone."""
    log = structlog.get_logger("a")
    try:
        try:
            raise ValueError(CANARY)  # noqa: TRY301 - for its traceback
        except ValueError as error:
            raise ClusterImportError("the lease is not held") from error
    except ClusterImportError:
        log.exception("term ended")

    line = logs.last
    assert line["level"] == "error"
    assert line["error_class"] == "ClusterImportError"
    assert line["error"] == "the lease is not held"
    assert line["caused_by"] == ["ValueError"]
    assert "test_logging.py" in line["stack"][-1]
    assert "exc_info" not in line


def test_text_is_one_printable_line(restored):
    """People get time, level and event first; control characters are shown, not obeyed."""
    stream = io.StringIO()
    configure_logging(level="info", json=False, stream=stream)
    structlog.get_logger("a.b").warning("x\x1b[2J", name="a b", sizes=[1, 2], plain="y", nl="1\n2")

    text = stream.getvalue()
    assert re.match(r'\S+Z WARNING "x\\u001b\[2J" logger=a.b name="a b" ', text)
    assert text.endswith('sizes=[1, 2] plain=y nl="1\\n2"\n')
    assert text.count("\n") == 1


def test_a_broken_stream_stops_nothing(restored):
    """A closed pipe loses lines and raises nothing, for us and for libraries."""
    stream = io.StringIO()
    configure_logging(level="info", json=True, stream=stream)
    stream.close()

    structlog.get_logger("a").info("x")
    logging.getLogger("b").error("y")

    assert stream.closed


def test_keyboard_interrupt_is_not_an_uncaught_exception(logs):
    """Ctrl-C is nothing to report."""
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)

    assert logs.getvalue() == ""


class Telltale:
    def __repr__(self):
        return CANARY

    def __str__(self):
        return CANARY


def raised(error):
    try:
        raise error  # noqa: TRY301 - for its traceback
    except BaseException as caught:  # noqa: BLE001 - any will do
        return caught


def jwt():
    return "eyJhbGciOiJSUzI1NiJ9." + b64encode(CANARY.encode()).decode().rstrip("=") + ".c2ln"


def log_traceback():
    try:
        raise ValueError(CANARY)  # noqa: TRY301 - for its traceback
    except ValueError:
        structlog.get_logger("p").exception("x")


def log_group():
    group = ExceptionGroup(CANARY, [ValueError(CANARY), raised(KeyError(CANARY))])
    structlog.get_logger("p").error("x", exc_info=raised(group))


def log_safe_message():
    error = ClusterImportError(CANARY)
    error.safe_message = "safe"
    structlog.get_logger("p").error("x", exc_info=raised(error), error_field=error)


def run_in_thread():
    thread = threading.Thread(target=log_traceback_in_thread)
    thread.start()
    thread.join()


def log_traceback_in_thread():
    raise ValueError(CANARY)


class Unraisable:
    def __del__(self):
        raise ValueError(CANARY)


def library(name, *arguments, **more):
    logging.getLogger(name).error(*arguments, **more)


PATHS = {
    "exception": log_traceback,
    "group": log_group,
    "safe message": log_safe_message,
    "error as value": lambda: structlog.get_logger("p").error("x", error=ValueError(CANARY)),
    "error in list": lambda: structlog.get_logger("p").error("x", errors=[OSError(5, CANARY)]),
    "unknown object": lambda: structlog.get_logger("p").info("x", thing=Telltale()),
    "token": lambda: structlog.get_logger("p").info("x", token=CANARY),
    "nested kubeconfig": lambda: structlog.get_logger("p").info("x", a=[{"kubeconfig": CANARY}]),
    "field of a document": lambda: structlog.get_logger("p").info("x", a=f"- token: {CANARY}\n"),
    "header": lambda: structlog.get_logger("p").info("x", a=f"Authorization: Bearer {CANARY}"),
    "jwt": lambda: structlog.get_logger("p").info("x", a=f"got {jwt()}"),
    "event": lambda: structlog.get_logger("p").info(f"Bearer {CANARY}"),
    "context": lambda: structlog.get_logger("p").bind(token_data=CANARY).info("x"),
    "url": lambda: structlog.get_logger("p").info("x", a=f"https://user:{CANARY}@host/"),
    "library argument": lambda: library("aiohttp.server", "Error handling %s", CANARY),
    "library text": lambda: library("a_library.config", f"exec: {CANARY}"),
    "library exception": lambda: library(
        "aiohttp.server", "Error", exc_info=raised(ValueError(CANARY))
    ),
    "uncaught": lambda: sys.excepthook(ValueError, raised(ValueError(CANARY)), None),
    "thread": run_in_thread,
    "unraisable": lambda: Unraisable() and None,
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("json", [True, False])
def test_a_credential_is_in_no_line(restored, capfd, path, json):
    """Whatever way a credential is brought to the log, a line comes, and without it."""
    stream = io.StringIO()
    configure_logging(level="debug", json=json, stream=stream)
    PATHS[path]()

    printed = "".join(capfd.readouterr())
    assert stream.getvalue()
    for form in (CANARY, b64encode(CANARY.encode()).decode().rstrip("=")):
        assert form not in stream.getvalue() + printed


async def test_a_credential_is_not_in_what_asyncio_reports(logs, capfd):
    """Neither an unretrieved exception nor the argument of a failing callback is quoted."""
    loop = asyncio.get_running_loop()

    async def fail():
        raise ValueError(CANARY)

    task = loop.create_task(fail(), name="failing")
    await asyncio.wait({task})
    message = "Task exception was never retrieved"
    loop.default_exception_handler(
        {"message": message, "exception": task.exception(), "future": task}
    )
    loop.call_soon(log_traceback_of, CANARY)
    await asyncio.sleep(0)

    first, second = logs.lines
    assert first["msg"] == message
    assert first["error_class"] == "ValueError"
    assert "fail" in first["stack"][-1]
    assert second["msg"].startswith("Exception in callback log_traceback_of")
    assert CANARY not in logs.getvalue() + "".join(capfd.readouterr())
    assert CANARY[:8] not in logs.getvalue()


def log_traceback_of(text):
    raise ValueError(text)
