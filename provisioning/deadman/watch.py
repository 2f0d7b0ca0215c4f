"""When the alarm is raised and when it ends, from heartbeats and a clock that never goes back."""

from __future__ import annotations

from dataclasses import dataclass

SILENT = "no heartbeat came"
ENDED = "Alertmanager says that the heartbeat has ended, so Prometheus no longer evaluates its rules"


@dataclass(frozen=True, slots=True)
class Alarm:
    """What people are told: heartbeats are lost, or back. `silence` is how long none came, in seconds."""

    lost: bool
    silence: float
    why: str = ""
    ever: bool = True
    """Whether there was a heartbeat since the start of this process."""


class Watch:
    """State of one switch. Every method takes the time of a clock that never goes back."""

    def __init__(self, timeout: float, repeat: float, now: float) -> None:
        self._timeout = timeout
        self._repeat = repeat
        self._last = now
        self._ever = False
        self._ended = False
        self._raised: float | None = None
        self.beats = 0

    @property
    def alarmed(self) -> bool:
        """Whether the alarm is raised."""
        return self._raised is not None

    def silence(self, now: float) -> float:
        """Time since the last heartbeat, or since the start when none came."""
        return now - self._last

    def beat(self, now: float) -> Alarm | None:
        """A heartbeat came; the end of an alarm when one was raised."""
        silence, raised = self.silence(now), self._raised
        self._last, self._ever, self._ended, self._raised = now, True, False, None
        self.beats += 1
        return Alarm(lost=False, silence=silence) if raised is not None else None

    def ended(self, now: float) -> Alarm | None:
        """The heartbeat was said to have ended: nothing need be waited for."""
        self._ended = True
        return self.check(now)

    def check(self, now: float) -> Alarm | None:
        """The alarm when it is time to raise it, or to raise it again."""
        silence = self.silence(now)
        if silence < self._timeout and not self._ended:
            return None
        if self._raised is not None and now - self._raised < self._repeat:
            return None
        self._raised = now
        return Alarm(lost=True, silence=silence, why=ENDED if self._ended else SILENT, ever=self._ever)
