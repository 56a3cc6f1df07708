"""The command line: `metrc-simulator serve`, `worlds`, `coverage` and `replay`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from metrc_simulator.contract.coverage import coverage_lines
from metrc_simulator.profiles.profile import PROFILES, Profile, ProfileBroken
from metrc_simulator.replay import RecordingBroken, read_recording, replay
from metrc_simulator.running import build_state, running
from metrc_simulator.store import StoreBroken
from metrc_simulator.worlds.cast import WorldBroken
from metrc_simulator.worlds.registry import WORLDS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    asked = _parser().parse_args(arguments)
    if asked.command == "worlds":
        return _worlds(asked)
    if asked.command == "profiles":
        return _profiles(asked.state)
    if asked.command == "coverage":
        sys.stdout.writelines(f"{line}\n" for line in coverage_lines())
        return 0
    return _replay(asked) if asked.command == "replay" else _serve(asked)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="metrc-simulator", description="METRC in a box: Web API v2 with METRC's laws."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve the API at / and the desk at /desk/")
    serve.add_argument("--port", type=int, default=0, help="0 picks a free port")
    serve.add_argument("--profile", default="ca", help=f"one of {', '.join(PROFILES)}")
    serve.add_argument("--world", default="empty", help="a world's name or its .yaml file")
    serve.add_argument("--state", help="a file that keeps the state across restarts")
    serve.add_argument(
        "--switch",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set a switch of the profile, such as unknown_id_status=404; may be repeated",
    )
    profiles = commands.add_parser("profiles", help="list the states, or the switches of one")
    profiles.add_argument("state", nargs="?", help=f"one of {', '.join(PROFILES)}")
    worlds = commands.add_parser("worlds", help="list the worlds, or build one into a file")
    worlds.add_argument("name", nargs="?", help="the world to build; needs --state")
    worlds.add_argument("--state", help="the file to make, which must not exist")
    worlds.add_argument("--profile", default="ca", help=f"one of {', '.join(PROFILES)}")
    worlds.add_argument("--seed", type=int, default=1, help="what chance settles in m and l")
    commands.add_parser("coverage", help="list METRC's operations and which of them are answered")
    again = commands.add_parser("replay", help="do a recorded run again; 0 if it ends the same")
    again.add_argument("file", help="GET /desk/api/recording or /journal, or a state file")
    again.add_argument("--world", help="the world's file, if it has moved")
    return parser


def _worlds(asked: argparse.Namespace) -> int:
    if asked.name is None:
        for world in WORLDS.values():
            sys.stdout.write(f"{world.name}\t{world.summary}\n")
        return 0
    try:
        build_state(asked.profile, asked.name, asked.state, asked.seed)
    except (WorldBroken, ProfileBroken, StoreBroken) as problem:
        sys.stderr.write(f"metrc-simulator: {problem}\n")
        return 2
    sys.stdout.write(f"World {asked.name} stands in {asked.state}.\n")
    return 0


def _profiles(state: str | None) -> int:
    try:
        if state is None:
            for name in PROFILES:
                sys.stdout.write(f"{name}\t{Profile(name).data['name']}\n")
        else:
            for switch, value in Profile(state).switches.items():
                sys.stdout.write(f"{switch}\t{value}\n")
    except ProfileBroken as problem:
        sys.stderr.write(f"metrc-simulator: {problem}\n")
        return 2
    return 0


def _switches(given: Sequence[str]) -> dict[str, str]:
    for one in given:
        if "=" not in one:
            raise ProfileBroken(f"switch {one!r}: say NAME=VALUE")
    return dict(one.split("=", 1) for one in given)


def _replay(asked: argparse.Namespace) -> int:
    try:
        found = replay(read_recording(Path(asked.file)), asked.world)
    except (RecordingBroken, WorldBroken, ProfileBroken, StoreBroken) as problem:
        sys.stderr.write(f"metrc-simulator: {problem}\n")
        return 2
    sys.stdout.writelines(f"{line}\n" for line in found.lines())
    return 0 if found.difference is None else 1


def _serve(asked: argparse.Namespace) -> int:
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    try:
        switches = _switches(asked.switch)
        with running(asked.world, asked.profile, asked.state, asked.port, switches) as server:
            sys.stdout.write(json.dumps({"address": server.address}) + "\n")
            sys.stdout.flush()
            stopped.wait()
    except (WorldBroken, ProfileBroken, StoreBroken) as problem:
        sys.stderr.write(f"metrc-simulator: {problem}\n")
        return 2
    except (OSError, OverflowError) as problem:
        sys.stderr.write(f"metrc-simulator: port {asked.port}: {problem}\n")
        return 2
    return 0
