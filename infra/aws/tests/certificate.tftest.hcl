# A certificate for two names.

mock_provider "aws" {
  source = "./tests/aws"
}

variables {
  names   = ["a.example", "b.example"]
  zone_id = "Z1"
}

run "each_name_is_proven_in_the_zone" {
  module {
    source = "./modules/certificate"
  }

  assert {
    condition     = toset([for each in aws_route53_record.proof : each.name]) == toset(["_a", "_b"])
    error_message = "One record for each name."
  }

  assert {
    condition     = length(aws_acm_certificate_validation.this.validation_record_fqdns) == 2
    error_message = "It counts once both are found."
  }
}
