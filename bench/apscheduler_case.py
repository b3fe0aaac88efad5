"""The same burst on APScheduler 3.11: jobs due at once, stored in SQLite, default settings."""

import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

ran: list[float] = []


def job(_: int) -> None:
    """Do nothing: what is measured is whether and when it is called."""
    ran.append(time.time())


def main(count: int, seconds: float) -> None:
    """Run alone in a process, because the store names the job by its module."""
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    from apscheduler.schedulers.background import BackgroundScheduler

    from bench.apscheduler_case import job, ran

    with tempfile.TemporaryDirectory() as folder:
        store = SQLAlchemyJobStore(url=f"sqlite:///{Path(folder) / 'jobs.db'}")
        scheduler = BackgroundScheduler(jobstores={"default": store}, timezone=UTC)
        scheduler.start(paused=True)
        due = datetime.now(UTC) + timedelta(seconds=count / 150)
        for number in range(count):
            scheduler.add_job(job, "date", run_date=due, args=[number], id=str(number))
        late = (datetime.now(UTC) - due).total_seconds()
        scheduler.resume()
        threading.Event().wait(max(-late, 0) + seconds)
        scheduler.shutdown(wait=False)
        span = max(ran) - due.timestamp() if ran else float("nan")
        print(f"{len(ran)} {span:.2f} {max(late, 0):.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
