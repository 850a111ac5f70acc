output "firewall" {
  description = "The web ACL's name, for metrics."
  value       = aws_wafv2_web_acl.this.name
}
