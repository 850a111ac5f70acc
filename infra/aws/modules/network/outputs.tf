output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "public_subnet_ids" {
  description = "One for each zone."
  value       = [for zone in local.zones : aws_subnet.public[zone].id]
}

output "private_subnet_ids" {
  description = "One for each zone."
  value       = [for zone in local.zones : aws_subnet.private[zone].id]
}

output "security_group_ids" {
  description = "By part."
  value       = { for part, group in aws_security_group.part : part => group.id }
}

output "nat_addresses" {
  description = "As whom the network is seen from outside."
  value       = [for address in aws_eip.nat : address.public_ip]
}
