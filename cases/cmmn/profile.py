"""Every documented difference between strict CMMN 1.1 and what other engines do, as one frozen value."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """How the engine reads what the standard leaves open (cmmn-semantics D7, D8, 3.6, 4.8).

    `strict_exit`: exit criteria are ready while Active only. `failed_blocks`: a Failed child blocks
    completion. `absent_manual_rule`: what a missing manualActivationRule means. `cross_stage`: `spec`,
    `retroactive` or `ignore`.
    """

    name: str = "cmmn"
    strict_exit: bool = False
    failed_blocks: bool = True
    absent_manual_rule: bool = False
    cross_stage: str = "spec"


STRICT = Profile()
