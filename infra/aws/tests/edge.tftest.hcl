# CloudFront and its firewall.

mock_provider "aws" {
  source = "./tests/aws"
}

mock_provider "aws" {
  alias  = "us_east_1"
  source = "./tests/aws"
}

variables {
  api_host               = "api.bank.example"
  app_host               = "app.bank.example"
  api_origin             = "api.execute-api.eu-central-1.amazonaws.com"
  app_origin             = "origin-app.bank.example"
  zone_id                = "Z1"
  certificate_arn        = "arn:aws:acm:us-east-1:123456789012:certificate/1"
  edge_secret            = "the edge"
  own_addresses          = ["192.0.2.1"]
  requests_per_5_minutes = 3000
  logs_bucket_domain     = "logs.s3.amazonaws.com"
}

run "in_production" {
  module {
    source = "./modules/edge"
  }

  providers = {
    aws           = aws
    aws.us_east_1 = aws.us_east_1
  }

  assert {
    condition     = one([for each in aws_cloudfront_distribution.site["api"].ordered_cache_behavior : each.path_pattern]) == "/.well-known/*"
    error_message = "The gateway's authorizer reads the bank's keys from the internet."
  }

  assert {
    condition     = length(aws_cloudfront_distribution.site["app"].ordered_cache_behavior) == 0
    error_message = "Of the app nothing is cached."
  }

  assert {
    condition     = aws_cloudfront_response_headers_policy.site.security_headers_config[0].strict_transport_security[0].access_control_max_age_sec == 63072000
    error_message = "For two years."
  }

  assert {
    condition     = alltrue([for each in aws_cloudfront_distribution.site : one(each.default_cache_behavior).response_headers_policy_id == aws_cloudfront_response_headers_policy.site.id])
    error_message = "API and app."
  }

  assert {
    condition     = !one(aws_cloudfront_response_headers_policy.site.security_headers_config[0].content_security_policy).override
    error_message = "The app's own policy stays."
  }

  assert {
    condition     = aws_wafv2_ip_set.own.addresses == toset(["192.0.2.1/32"])
    error_message = "It speaks for all its visitors."
  }
}
