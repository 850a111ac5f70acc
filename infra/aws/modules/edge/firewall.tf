locals {
  # What AWS keeps up to date. Bodies are the services' to judge: a memo may hold any sign, a photo 4 MiB.
  managed = {
    AWSManagedRulesCommonRuleSet          = { priority = 1, counted = ["SizeRestrictions_BODY", "CrossSiteScripting_BODY"] }
    AWSManagedRulesKnownBadInputsRuleSet  = { priority = 2, counted = [] }
    AWSManagedRulesAmazonIpReputationList = { priority = 3, counted = [] }
  }
}

# The app speaks for all its visitors, from the network's own addresses.
resource "aws_wafv2_ip_set" "own" {
  provider           = aws.us_east_1
  name               = "${var.bank.name}-own"
  scope              = "CLOUDFRONT"
  ip_address_version = "IPV4"
  addresses          = [for address in var.own_addresses : "${address}/32"]
}

resource "aws_wafv2_web_acl" "this" {
  #checkov:skip=CKV_AWS_192: AWSManagedRulesKnownBadInputsRuleSet is among `managed`, where checkov does not look.
  provider = aws.us_east_1
  name     = var.bank.name
  scope    = "CLOUDFRONT"

  default_action {
    allow {}
  }

  rule {
    name     = "rate"
    priority = 0

    action {
      block {}
    }

    statement {
      rate_based_statement {
        aggregate_key_type = "IP"
        limit              = var.requests_per_5_minutes

        scope_down_statement {
          not_statement {
            statement {
              ip_set_reference_statement {
                arn = aws_wafv2_ip_set.own.arn
              }
            }
          }
        }
      }
    }

    visibility_config {
      metric_name                = "rate"
      cloudwatch_metrics_enabled = true
      sampled_requests_enabled   = false # samples hold tokens
    }
  }

  dynamic "rule" {
    for_each = local.managed

    content {
      name     = rule.key
      priority = rule.value.priority

      override_action {
        none {}
      }

      statement {
        managed_rule_group_statement {
          vendor_name = "AWS"
          name        = rule.key

          dynamic "rule_action_override" {
            for_each = rule.value.counted

            content {
              name = rule_action_override.value

              action_to_use {
                count {}
              }
            }
          }
        }
      }

      visibility_config {
        metric_name                = rule.key
        cloudwatch_metrics_enabled = true
        sampled_requests_enabled   = false
      }
    }
  }

  visibility_config {
    metric_name                = var.bank.name
    cloudwatch_metrics_enabled = true
    sampled_requests_enabled   = false
  }
}

resource "aws_wafv2_web_acl_logging_configuration" "this" {
  provider                = aws.us_east_1
  resource_arn            = aws_wafv2_web_acl.this.arn
  log_destination_configs = [aws_cloudwatch_log_group.firewall.arn]

  dynamic "redacted_fields" {
    for_each = toset(["authorization", "cookie"])

    content {
      single_header {
        name = redacted_fields.value
      }
    }
  }

  # What was let through is in the gateway's log.
  logging_filter {
    default_behavior = "DROP"

    filter {
      behavior    = "KEEP"
      requirement = "MEETS_ANY"

      condition {
        action_condition {
          action = "BLOCK"
        }
      }
    }
  }
}

resource "aws_cloudwatch_log_group" "firewall" {
  provider          = aws.us_east_1
  name              = "aws-waf-logs-${var.bank.name}"
  retention_in_days = var.bank.log_retention_days
  kms_key_id        = aws_kms_key.firewall.arn
}

resource "aws_kms_key" "firewall" {
  provider                = aws.us_east_1
  description             = "${var.bank.name}: the firewall's log"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.firewall_key.json
}

data "aws_caller_identity" "current" {}

data "aws_iam_policy_document" "firewall_key" {
  #checkov:skip=CKV_AWS_109: A key's policy is about that key alone; without the account nobody could ever change it.
  #checkov:skip=CKV_AWS_111: The same.
  #checkov:skip=CKV_AWS_356: The same.
  statement {
    sid       = "TheAccountDecidesByItsRoles"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.current.account_id}:root"]
    }
  }

  statement {
    sid       = "Logs"
    actions   = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.us-east-1.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = ["arn:aws:logs:us-east-1:${data.aws_caller_identity.current.account_id}:log-group:aws-waf-logs-${var.bank.name}"]
    }
  }
}
