# The HTTP API: which call goes to which service, who may pass, and how often.

locals {
  # No token, or (refresh) one that is over: the service decides. A test compares with the services' own routes.
  public = {
    users = [
      "GET /user/health", "POST /user/create", "POST /user/login", "POST /user/recovery", "POST /user/refresh",
      "GET /user/docs", "GET /user/docs/{proxy+}", "GET /.well-known/{proxy+}",
      "OPTIONS /user/{proxy+}", "OPTIONS /.well-known/{proxy+}",
    ]
    accounts = [
      "GET /account/health", "GET /account/currencies",
      "GET /account/docs", "GET /account/docs/{proxy+}", "OPTIONS /account/{proxy+}",
    ]
    stats = ["GET /stats/health", "GET /stats/docs", "GET /stats/docs/{proxy+}", "OPTIONS /stats/{proxy+}"]
    events = [
      "GET /events/health", "GET /events/docs", "GET /events/docs/{proxy+}",
      "OPTIONS /events", "OPTIONS /events/{proxy+}",
    ]
  }

  private = {
    users    = ["ANY /user/{proxy+}"]
    accounts = ["ANY /account/{proxy+}"]
    stats    = ["ANY /stats/{proxy+}"]
    events   = ["ANY /events", "ANY /events/{proxy+}"]
  }

  public_routes  = merge([for service, routes in local.public : { for route in routes : route => service }]...)
  private_routes = merge([for service, routes in local.private : { for route in routes : route => service }]...)
}

resource "aws_apigatewayv2_api" "this" {
  name          = var.bank.name
  protocol_type = "HTTP"
  description   = "Tidemark's API"
}

# What CloudFront sends is what the services answer; whoever comes past CloudFront is refused by them.
resource "aws_apigatewayv2_integration" "service" {
  for_each               = var.functions
  api_id                 = aws_apigatewayv2_api.this.id
  integration_type       = "AWS_PROXY"
  integration_uri        = each.value.invoke_arn
  integration_method     = "POST"
  payload_format_version = "2.0"
  timeout_milliseconds   = 30000
}

# It reads the issuer's keys over the internet, and the issuer is this API: so `/.well-known` needs no token here and
# no proof of the edge in the service, and the authorizer is made after the service answers.
resource "aws_apigatewayv2_authorizer" "tokens" {
  count            = var.checks_tokens ? 1 : 0
  api_id           = aws_apigatewayv2_api.this.id
  name             = "tokens"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = var.issuer
    audience = [var.audience]
  }
}

resource "aws_apigatewayv2_route" "public" {
  #checkov:skip=CKV_AWS_309: Signing in needs no token; these routes are the services' public ones, and a test compares.
  for_each           = local.public_routes
  api_id             = aws_apigatewayv2_api.this.id
  route_key          = each.key
  target             = "integrations/${aws_apigatewayv2_integration.service[each.value].id}"
  authorization_type = "NONE"
}

resource "aws_apigatewayv2_route" "private" {
  #checkov:skip=CKV_AWS_309: NONE only until the authorizer can be made; the services check each token themselves.
  for_each           = local.private_routes
  api_id             = aws_apigatewayv2_api.this.id
  route_key          = each.key
  target             = "integrations/${aws_apigatewayv2_integration.service[each.value].id}"
  authorization_type = var.checks_tokens ? "JWT" : "NONE"
  authorizer_id      = one(aws_apigatewayv2_authorizer.tokens[*].id)
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = "$default"
  auto_deploy = true

  default_route_settings {
    throttling_rate_limit    = var.throttle.rate
    throttling_burst_limit   = var.throttle.burst
    detailed_metrics_enabled = true
  }

  # A hash takes a tenth of a core's second: a flood of sign-ins leaves transfers alive.
  dynamic "route_settings" {
    for_each = toset(["POST /user/login", "POST /user/create", "POST /user/recovery"])

    content {
      route_key                = route_settings.value
      throttling_rate_limit    = ceil(var.throttle.rate / 10)
      throttling_burst_limit   = ceil(var.throttle.burst / 10)
      detailed_metrics_enabled = true
    }
  }

  # No path: it may hold an account's number. The route says which call it was.
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format = jsonencode({
      request_id          = "$context.requestId"
      time                = "$context.requestTime"
      route               = "$context.routeKey"
      status              = "$context.status"
      latency_ms          = "$context.responseLatency"
      integration_ms      = "$context.integrationLatency"
      integration_status  = "$context.integrationStatus"
      authorizer_error    = "$context.authorizer.error"
      integration_error   = "$context.integrationErrorMessage"
      response_size_bytes = "$context.responseLength"
    })
  }

  depends_on = [aws_apigatewayv2_route.public]
}

resource "aws_cloudwatch_log_group" "access" {
  name              = "/${var.bank.name}/access"
  retention_in_days = var.bank.log_retention_days
  kms_key_id        = var.bank.data_key_arn
}

resource "aws_lambda_permission" "gateway" {
  for_each      = var.functions
  statement_id  = "gateway"
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  function_name = each.value.name
  qualifier     = each.value.alias
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/*"
}
