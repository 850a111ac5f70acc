# The gateway with and without its authorizer, on a provider that makes everything up.

mock_provider "aws" {
  source = "./tests/aws"
}

variables {
  functions = {
    for service in ["users", "accounts", "stats", "events"] : service => {
      name       = service
      arn        = "arn:aws:lambda:eu-central-1:123456789012:function:${service}"
      alias      = "live"
      alias_arn  = "arn:aws:lambda:eu-central-1:123456789012:function:${service}:live"
      invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/${service}:live/invocations"
    }
  }
  checks_tokens = true
  issuer        = "https://api.bank.example"
  throttle      = { rate = 55, burst = 105 }
}

run "the_first_apply_has_no_authorizer" {
  module {
    source = "./modules/gateway"
  }

  variables {
    checks_tokens = false
  }

  assert {
    condition     = length(aws_apigatewayv2_authorizer.tokens) == 0
    error_message = "It can't be made before the issuer's keys can be read."
  }

  assert {
    condition     = alltrue([for route in aws_apigatewayv2_route.private : route.authorization_type == "NONE"])
    error_message = "Without an authorizer no route can ask it."
  }
}

run "the_next_one_has" {
  module {
    source = "./modules/gateway"
  }

  assert {
    condition = alltrue([
      for route in aws_apigatewayv2_route.private :
      route.authorization_type == "JWT" && route.authorizer_id == aws_apigatewayv2_authorizer.tokens[0].id
    ])
    error_message = "From then on every private route asks it."
  }

  assert {
    condition     = aws_apigatewayv2_authorizer.tokens[0].jwt_configuration[0].issuer == "https://api.bank.example"
    error_message = "It trusts the bank's own tokens."
  }

  assert {
    condition     = alltrue([for settings in aws_apigatewayv2_stage.default.route_settings : settings.throttling_rate_limit == 6])
    error_message = "A tenth of all calls may sign in or up, rounded up."
  }

  assert {
    condition     = output.host == "api.execute-api.eu-central-1.amazonaws.com"
    error_message = "CloudFront wants a host, not an address."
  }
}
