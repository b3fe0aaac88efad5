"""Answers of a server, for clients that meet none."""

from typing import Any

ME = {
    "id": "6d0c1a5e-7c9b-4d0e-8a3f-2b7b7f0f9c11",
    "email": "alice@example.com",
    "state": "active",
    "created_at": "2026-11-24T09:00:00Z",
}
ID = "6d0c1a5e-7c9b-4d0e-8a3f-2b7b7f0f9c11"


def execution(status: str) -> dict[str, Any]:
    return {
        "id": ID,
        "task_id": ID,
        "status": status,
        "trigger": "manual",
        "started_at": None,
        "completed_at": None,
        "condition_met": None,
        "result": None,
        "grounding_sources": [],
        "notification": None,
        "change_summary": None,
        "error_message": None,
        "error_type": None,
        "created_at": "2026-11-24T09:00:00Z",
        "feedback": None,
    }
