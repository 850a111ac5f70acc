"""What moto lacks of the calls that Terraform makes. `repair` refuses to replace what a newer moto has."""

from typing import Any

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.budgets.responses import BudgetsResponse
from moto.cloudfront import urls
from moto.cloudfront.responses import CloudFrontResponse
from moto.core.responses import ActionResult, EmptyResult

POLICY = "response-headers-policy"
policies: dict[str, Any] = {}


def repair() -> None:
    """Adds the missing calls to the moto of this process; again changes nothing."""
    for response, name, call in (
        (ApplicationAutoScalingResponse, "list_tags_for_resource", _no_tags),
        (ApplicationAutoScalingResponse, "tag_resource", _empty),
        (BudgetsResponse, "describe_subscribers_for_notification", _subscribers),
        (BudgetsResponse, "list_tags_for_resource", _no_resource_tags),
        (CloudFrontResponse, "publish_function", _publish_function),
        (CloudFrontResponse, "create_response_headers_policy", _create_policy),
        (CloudFrontResponse, "get_response_headers_policy", _get_policy),
        (CloudFrontResponse, "delete_response_headers_policy", _delete_policy),
    ):
        present = getattr(response, name, call)
        if present is not call:
            raise AssertionError(f"moto has {response.__name__}.{name} now: take it out of here")
        setattr(response, name, call)
    for path in ("function/(?P<function_name>[^/]+)/publish$", f"{POLICY}$", f"{POLICY}/(?P<policy_id>[^/]+)$"):
        urls.url_paths.setdefault(f"{{0}}/2020-05-31/{path}", CloudFrontResponse.dispatch)


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


def _create_policy(self: Any) -> ActionResult:
    policy_id = f"policy-{len(policies)}"
    policies[policy_id] = self._get_param("ResponseHeadersPolicyConfig")
    return _policy(policy_id)


def _get_policy(self: Any) -> ActionResult:
    return _policy(self._get_param("Id") or self._get_param("policy_id"))


def _delete_policy(self: Any) -> ActionResult:
    del policies[self._get_param("Id") or self._get_param("policy_id")]
    return EmptyResult()


def _policy(policy_id: str) -> ActionResult:
    policy = {
        "Id": policy_id,
        "LastModifiedTime": "2026-01-01T00:00:00Z",
        "ResponseHeadersPolicyConfig": policies[policy_id],
    }
    return ActionResult({"ResponseHeadersPolicy": policy, "ETag": "1"})
