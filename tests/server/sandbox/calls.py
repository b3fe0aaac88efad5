"""Calls for the sandbox: harmless ones, and ones that must not get away with it."""

import ctypes
import os
import time


def echo(value: object) -> object:
    return value


def process_id() -> int:
    return os.getpid()


def fail(message: str) -> None:
    raise ValueError(message)


def compute_for_ever() -> None:
    while True:
        pass


def sleep_for_ever() -> None:
    time.sleep(3600)


def sleep_in_c_for_ever() -> None:
    """Wait where no handler of Python is ever called."""
    libc = ctypes.PyDLL(None)
    while True:
        libc.usleep(1_000_000)


def take_memory(size: int) -> int:
    return len(bytearray(size))


def die() -> None:
    os.abort()
