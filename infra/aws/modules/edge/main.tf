# CloudFront in front of API and app: TLS, firewall, and the one proof that a request came this way.

terraform {
  required_providers {
    aws = {
      source                = "hashicorp/aws"
      configuration_aliases = [aws.us_east_1]
    }
  }
}

locals {
  sites = {
    api = { host = var.api_host, origin = var.api_origin }
    app = { host = var.app_host, origin = var.app_origin }
  }

  # AWS's own policies, by the ids that it publishes.
  caching_disabled  = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
  caching_optimized = "658327ea-f89d-4fab-a63d-7e88639e58f6"
  all_but_host      = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
  all_viewer        = "216adef6-5c7f-47e4-b989-5492eafa07d3"
}

# The address that CloudFront saw, written over whatever the client claims.
resource "aws_cloudfront_function" "viewer" {
  name    = "${var.bank.name}-viewer"
  runtime = "cloudfront-js-2.0"
  publish = true
  code    = <<-JS
    function handler(event) {
      event.request.headers["x-tidemark-viewer"] = { value: event.viewer.ip };
      return event.request;
    }
  JS
}

# Browsers speak TLS to these hosts from then on. The other headers are for what CloudFront, firewall and gateway say
# by themselves: services and app send theirs, which stay.
resource "aws_cloudfront_response_headers_policy" "site" {
  #checkov:skip=CKV_AWS_259: All of it but `preload`, which binds the whole domain: that is its owner's to ask for.
  name = var.bank.name

  security_headers_config {
    strict_transport_security {
      access_control_max_age_sec = 63072000
      include_subdomains         = true
      override                   = true
    }

    content_type_options {
      override = true
    }

    frame_options {
      frame_option = "DENY"
      override     = false
    }

    referrer_policy {
      referrer_policy = "no-referrer"
      override        = false
    }

    content_security_policy {
      content_security_policy = "default-src 'none'; frame-ancestors 'none'"
      override                = false
    }
  }
}

resource "aws_cloudfront_distribution" "site" {
  #checkov:skip=CKV2_AWS_47: The ACL has the rules against bad inputs; checkov does not look into `dynamic`.
  #checkov:skip=CKV_AWS_310: There is one API and one app; a second origin would be a second bank.
  #checkov:skip=CKV_AWS_374: Customers travel.
  #checkov:skip=CKV_AWS_305: The app and the API answer at their root themselves.
  for_each        = local.sites
  comment         = "${var.bank.name} ${each.key}"
  enabled         = true
  is_ipv6_enabled = true
  http_version    = "http2and3"
  price_class     = "PriceClass_100"
  aliases         = [each.value.host]
  web_acl_id      = aws_wafv2_web_acl.this.arn

  origin {
    origin_id   = each.key
    domain_name = each.value.origin

    custom_header {
      name  = "x-tidemark-edge"
      value = var.edge_secret
    }

    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "https-only"
      origin_ssl_protocols   = ["TLSv1.2"]
      origin_read_timeout    = 30
    }
  }

  default_cache_behavior {
    target_origin_id       = each.key
    viewer_protocol_policy = each.key == "api" ? "https-only" : "redirect-to-https"
    allowed_methods        = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
    cached_methods         = ["GET", "HEAD"]
    cache_policy_id        = local.caching_disabled
    # The API Gateway takes no other name than its own; the app compares its pages' origin with the name asked for.
    origin_request_policy_id   = each.key == "api" ? local.all_but_host : local.all_viewer
    response_headers_policy_id = aws_cloudfront_response_headers_policy.site.id

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.viewer.arn
    }
  }

  # The public keys, for as long as the service allows (five minutes).
  dynamic "ordered_cache_behavior" {
    for_each = each.key == "api" ? ["/.well-known/*"] : []

    content {
      path_pattern               = ordered_cache_behavior.value
      target_origin_id           = each.key
      viewer_protocol_policy     = "https-only"
      allowed_methods            = ["GET", "HEAD", "OPTIONS"]
      cached_methods             = ["GET", "HEAD"]
      cache_policy_id            = local.caching_optimized
      response_headers_policy_id = aws_cloudfront_response_headers_policy.site.id
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
      locations        = []
    }
  }

  viewer_certificate {
    acm_certificate_arn      = var.certificate_arn
    ssl_support_method       = "sni-only"
    minimum_protocol_version = "TLSv1.2_2021"
  }

  logging_config {
    bucket          = var.logs_bucket_domain
    prefix          = "cloudfront-${each.key}/"
    include_cookies = false
  }
}

resource "aws_route53_record" "site" {
  for_each = local.sites
  zone_id  = var.zone_id
  name     = each.value.host
  type     = "A"

  alias {
    name                   = aws_cloudfront_distribution.site[each.key].domain_name
    zone_id                = aws_cloudfront_distribution.site[each.key].hosted_zone_id
    evaluate_target_health = false
  }
}
