"""What moto lacks of the calls that Terraform makes. `repair` refuses to replace what a newer moto has."""

from typing import Any

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.budgets.responses import BudgetsResponse
from moto.cloudfront import urls
from moto.cloudfront.responses import CloudFrontResponse
from moto.core.responses import ActionResult, EmptyResult


def repair() -> None:
    """Adds the missing calls to the moto of this process; again changes nothing."""
    for response, name, call in (
        (ApplicationAutoScalingResponse, "list_tags_for_resource", _no_tags),
        (ApplicationAutoScalingResponse, "tag_resource", _empty),
        (BudgetsResponse, "describe_subscribers_for_notification", _subscribers),
        (BudgetsResponse, "list_tags_for_resource", _no_resource_tags),
        (CloudFrontResponse, "publish_function", _publish_function),
    ):
        present = getattr(response, name, call)
        if present is not call:
            raise AssertionError(f"moto has {response.__name__}.{name} now: take it out of here")
        setattr(response, name, call)
    path = "{0}/2020-05-31/function/(?P<function_name>[^/]+)/publish$"
    urls.url_paths.setdefault(path, CloudFrontResponse.dispatch)


def _no_tags(self: Any) -> ActionResult:
    return ActionResult({"Tags": {}})


def _no_resource_tags(self: Any) -> ActionResult:
    return ActionResult({"ResourceTags": []})


def _empty(self: Any) -> ActionResult:
    return EmptyResult()


def _subscribers(self: Any) -> ActionResult:
    budget = self.backend.budgets[self._get_param("AccountId")][self._get_param("BudgetName")]
    wanted = self._get_param("Notification")
    (found,) = (
        each for each in budget.notifications if each.details["NotificationType"] == wanted["NotificationType"]
    )
    return ActionResult({"Subscribers": found.subscribers})


def _publish_function(self: Any) -> ActionResult:
    function = self.backend.describe_function(name=self._get_param("Name") or self._get_param("FunctionName"))
    return ActionResult({"FunctionSummary": function.function_summary})
