"""Who answers for the pipeline's assets."""

OWNERS = ["team:statistics"]
