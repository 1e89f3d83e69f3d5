"""A plan as one JSON object, and back. Pure; the file holds people's words, and no secret of the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from syncengine.connector import Mailing
from syncengine.core.guard import Firing
from syncengine.core.planned import Asked, Part, Plan, ToolPlan, Write

SCHEMA = 1
"""Of the file. A change that an older version would misread raises it."""
_NOTICE = "Holds words of the program's people: keep it as you keep their notes. Made to be read; applied only as it is."


def to_json(plan: Plan) -> dict[str, Any]:
    """The object for the file."""
    return {
        "mentorsync_plan": SCHEMA, "notice": _NOTICE, "made_by": plan.made_by, "made_at": plan.made_at, "reason": plan.reason,
        "program": {"name": plan.program, "config": plan.config, "places": dict(plan.places)},
        "tools": [_tool(tool) for tool in plan.tools],
        "guards": [asdict(firing) | {"records": list(firing.records)} for firing in plan.guards],
        "conflicts": plan.conflicts, "warnings": plan.warnings, "asked": [asdict(one) for one in plan.asked], "ids": plan.names,
    }  # fmt: skip


def _tool(tool: ToolPlan) -> dict[str, Any]:
    return {
        "name": tool.name, "calls": tool.calls, "seconds": round(tool.seconds, 1), "problem": tool.problem,
        "writes": [_write(one) for one in tool.writes], "mails": [{"to": m.to, "why": m.why} for m in tool.mails],
        "troubles": tool.troubles,
    }  # fmt: skip


def _write(write: Write) -> dict[str, Any]:
    fields = {
        name: {
            "label": part.label,
            "from": part.before,
            "to": part.after,
            "shown": list(part.shown),
            "computed": part.computed,
        }
        for name, part in write.parts.items()
    }
    return {"action": write.action, "kind": write.kind, "label": write.label, "record": write.record, "title": write.title,
            "fields": fields, "stamp": write.stamp}  # fmt: skip


def from_json(said: Any) -> Plan:
    """The plan of a file; raises `ValueError` with what is wrong, for a person."""
    if not isinstance(said, Mapping) or "mentorsync_plan" not in said:
        raise ValueError("is no plan of mentorsync")
    if said["mentorsync_plan"] != SCHEMA:
        raise ValueError(
            f"is a plan of form {said['mentorsync_plan']}; this version of mentorsync reads form {SCHEMA}"
        )
    try:
        about = said["program"]
        return Plan(
            str(about["name"]), str(about["config"]), dict(about["places"]), str(said["made_by"]), str(said["made_at"]),
            str(said["reason"]), [_read_tool(one) for one in said["tools"]], list(said["conflicts"]), list(said["warnings"]),
            [Firing(**{**one, "records": tuple(one["records"])}) for one in said["guards"]],
            [Asked(**one) for one in said["asked"]], {str(k): str(v) for k, v in said["ids"].items()},
        )  # fmt: skip
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"is not as mentorsync wrote it ({type(error).__name__}: {error})") from error


def _read_tool(said: Mapping[str, Any]) -> ToolPlan:
    name = str(said["name"])
    return ToolPlan(
        name, [_read_write(name, one) for one in said["writes"]], [Mailing(str(m["to"]), str(m["why"])) for m in said["mails"]],
        [str(one) for one in said["troubles"]], int(said["calls"]), float(said["seconds"]), str(said["problem"]),
    )  # fmt: skip


def _read_write(replica: str, said: Mapping[str, Any]) -> Write:
    if said["action"] not in ("create", "update", "delete"):
        raise ValueError(f"{said['action']!r} is no action")
    parts = {str(name): _read_part(one) for name, one in said["fields"].items()}
    return Write(replica, said["action"], str(said["kind"]), str(said["label"]), str(said["record"]), str(said["title"]), parts,
                 bool(said["stamp"]))  # fmt: skip


def _read_part(said: Mapping[str, Any]) -> Part:
    shown = str(said["shown"][0]), str(said["shown"][1])
    return Part(str(said["label"]), said["from"], said["to"], shown, bool(said["computed"]))
