"""Who reaches what, from outside, inside and towards the outside, read from Terraform's plan."""

import json

import pytest

from api.shared.edge import EDGE_HEADER
from tests.infra.aws.terraform import Plan

pytestmark = pytest.mark.slow

BLOCKS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")


class TestExposure:
    def test_the_internet_reaches_what_it_must(self, plan: Plan) -> None:
        for address, rule in plan.resources("aws_vpc_security_group_ingress_rule").items():
            assert rule.get("cidr_ipv4") is None, address
            assert rule.get("cidr_ipv6") is None, address
            assert rule["from_port"] == rule["to_port"], address
            assert rule["ip_protocol"] == "tcp", address

    def test_one_load_balancer_is_public_and_answers_cloudfront_alone(self, plan: Plan) -> None:
        balancers = {address: values["internal"] for address, values in plan.resources("aws_lb").items()}
        assert balancers == {"module.app.aws_lb.app": False, "module.pipeline.aws_lb.dagster": True}
        (listener,) = plan.named("aws_lb_listener", "app")
        assert listener["default_action"][0]["fixed_response"][0]["status_code"] == "403"
        (rule,) = plan.resources("aws_lb_listener_rule").values()
        assert rule["condition"][0]["http_header"][0]["http_header_name"] == EDGE_HEADER
        for address, each in plan.resources("aws_lb_listener").items():
            assert each["protocol"] == "HTTPS", address

    def test_cloudfront_proves_itself_and_says_whom_it_saw(self, plan: Plan) -> None:
        for site in plan.resources("aws_cloudfront_distribution").values():
            (origin,) = site["origin"]
            (header,) = origin["custom_header"]
            assert header["name"] == EDGE_HEADER
            (config,) = origin["custom_origin_config"]
            assert config["origin_protocol_policy"] == "https-only"
            assert site["default_cache_behavior"][0]["viewer_protocol_policy"] != "allow-all"
        (function,) = plan.resources("aws_cloudfront_function").values()
        assert '"x-tidemark-viewer"' in function["code"]

    def test_browsers_are_told_to_come_by_tls(self, plan: Plan) -> None:
        (policy,) = plan.resources("aws_cloudfront_response_headers_policy").values()
        (headers,) = policy["security_headers_config"]
        (transport,) = headers["strict_transport_security"]
        assert transport["override"] is True
        assert transport["include_subdomains"] is True
        assert transport["access_control_max_age_sec"] >= 365 * 86_400
        for address, site in plan.resources("aws_cloudfront_distribution").items():
            unknown = plan.unknown[address]
            behaviors = unknown["default_cache_behavior"] + unknown["ordered_cache_behavior"]
            assert len(behaviors) == 1 + len(site["ordered_cache_behavior"])
            assert all(each["response_headers_policy_id"] for each in behaviors), address

    def test_who_speaks_to_nobody_outside_can_not(self, plan: Plan) -> None:
        rules = plan.resources("aws_vpc_security_group_egress_rule")
        outside = {address.split('"')[1]: rule for address, rule in rules.items() if rule.get("cidr_ipv4")}
        assert set(outside) == {"services", "app"}, "who calls the API"
        for address, rule in rules.items():
            assert rule["from_port"] == rule["to_port"], address
            assert rule["ip_protocol"] == "tcp", address
        assert {rule["to_port"] for rule in outside.values()} == {443}

    def test_aws_is_reached_inside_the_network_with_this_accounts_rights_alone(self, plan: Plan) -> None:
        endpoints = plan.resources("aws_vpc_endpoint")
        services = {
            each["service_name"].removeprefix("com.amazonaws.eu-central-1.") for each in endpoints.values()
        }
        assert services == {
            *("dynamodb", "s3", "ecr.api", "ecr.dkr", "ecs", "kms", "logs", "secretsmanager", "ssmmessages")
        }
        for address, endpoint in endpoints.items():
            (statement,) = json.loads(endpoint["policy"])["Statement"]
            if endpoint["service_name"].endswith(".s3"):
                assert statement["Action"] == "s3:GetObject", address
                assert "starport-layer-bucket" in statement["Resource"], address
            else:
                assert statement["Condition"]["StringEquals"].keys() == {"aws:PrincipalAccount"}, address
        rules = plan.resources("aws_vpc_security_group_ingress_rule")
        callers = {address.split('"')[1] for address in rules if address.endswith('_endpoints"]')}
        assert callers == {f"{part}_endpoints" for part in ("services", "dagster", "app", "rotation")}

    def test_nothing_is_kept_by_cloudfront_but_the_public_keys(self, plan: Plan) -> None:
        disabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
        for address, site in plan.resources("aws_cloudfront_distribution").items():
            assert site["default_cache_behavior"][0]["cache_policy_id"] == disabled, address
            paths = [each["path_pattern"] for each in site["ordered_cache_behavior"]]
            assert paths == (["/.well-known/*"] if '"api"' in address else [])

    def test_buckets_are_closed(self, plan: Plan) -> None:
        buckets = plan.resources("aws_s3_bucket")
        blocks = plan.resources("aws_s3_bucket_public_access_block")
        assert len(blocks) == len(buckets) > 0
        for block in blocks.values():
            assert all(block[name] for name in BLOCKS)

    def test_the_default_group_lets_nothing_through(self, plan: Plan) -> None:
        (group,) = plan.resources("aws_default_security_group").values()
        assert not group.get("ingress")
        assert not group.get("egress")
