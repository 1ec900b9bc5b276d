"""Contract of the forecast service: how the installation's model is trained, and how good it is."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field

from cleanplate_shared.contracts.common import Day


class TrainingStage(StrEnum):
    """What a training is doing."""

    READING = "reading"
    LEARNING = "learning"
    COMPARING = "comparing"
    STORING = "storing"
    ENDED = "ended"


class TrainingOutcome(StrEnum):
    """What came of a training."""

    REPLACED = "replaced"  # the new model serves
    KEPT = "kept"  # the new model is worse, or not provably as good
    TOO_LITTLE = "too_little"  # there are too few days to learn from
    FAILED = "failed"
    LOST = "lost"  # the process died; another one took over


class TrainingVerdict(StrEnum):
    """Why a new model serves, or does not; as docs/decisions/0018-training.md has it."""

    BETTER = "better"  # than what served; the new model serves
    AS_GOOD = "as_good"  # as far as four weeks can tell; the new model serves
    TOO_FEW = "too_few"  # days or meals to prove anything
    WORSE_THAN_PRESENT = "worse_than_present"
    WORSE_THAN_RULE = "worse_than_rule"
    WORSE_AS_SEEN = "worse_as_seen"  # the trial is good, but not the model that would serve


class ModelScores(BaseModel):
    """Pinball loss at 0.1, 0.5 and 0.9 over diners, of the last four weeks; smaller is better.

    Each model is judged by its trial, which has not seen those weeks. Null: not judged. A WAPE is
    how far the middle of the forecast was off, over diners.
    """

    new: float | None = Field(description="of this model")
    present: float | None = Field(description="of the one that served then; null: none did")
    rule: float | None = Field(description="of the rule of like days")
    seen: float | None = Field(description="of this model with those weeks learnt from")
    new_wape: float | None
    present_wape: float | None
    rule_wape: float | None
    days: int
    meals: int
    verdict: TrainingVerdict | None = Field(description="null: stored before verdicts were kept")


class StoredModel(BaseModel):
    """A trained model."""

    version: int
    trained_at: datetime
    last_day: Day = Field(description="the last day that it learnt from")
    series: int = Field(description="meals of canteens, such as lunch at one of them")
    meals: int
    is_serving: bool
    is_loadable: bool = Field(description="false: made by another version of the software")
    scores: ModelScores


class TrainingRun(BaseModel):
    """A training, under way or over."""

    number: int
    stage: TrainingStage
    share: float = Field(ge=0, le=1, description="done")
    started_at: datetime
    ended_at: datetime | None
    outcome: TrainingOutcome | None
    error: str | None = Field(description="the kind of error, if it failed")
    series: int | None
    meals: int | None


class Training(BaseModel):
    """The installation's model and its trainings; without a serving model the rule forecasts."""

    is_running: bool
    asked_at: datetime | None = Field(description="a training was asked for and begins soon")
    serving: StoredModel | None
    models: list[StoredModel] = Field(description="kept ones, newest first")
    runs: list[TrainingRun] = Field(description="the latest twenty, newest first")
