# A certificate that proves itself by DNS and renews itself.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

resource "aws_acm_certificate" "this" {
  domain_name               = var.names[0]
  subject_alternative_names = slice(var.names, 1, length(var.names))
  validation_method         = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}

locals {
  proofs = { for option in aws_acm_certificate.this.domain_validation_options : option.domain_name => option }
}

resource "aws_route53_record" "proof" {
  for_each        = toset(var.names)
  zone_id         = var.zone_id
  name            = local.proofs[each.value].resource_record_name
  type            = local.proofs[each.value].resource_record_type
  records         = [local.proofs[each.value].resource_record_value]
  ttl             = 300
  allow_overwrite = true # two regions' certificates of one name have one proof
}

resource "aws_acm_certificate_validation" "this" {
  certificate_arn         = aws_acm_certificate.this.arn
  validation_record_fqdns = [for record in aws_route53_record.proof : record.fqdn]
}
