variable "bank" {
  description = "What all parts of a bank have in common."
  type = object({
    name                 = string
    region               = string
    data_key_arn         = string
    log_retention_days   = number
    is_protected         = bool
    recovery_window_days = number
  })
}

variable "network" {
  description = "The network, of the module of that name."
  type = object({
    private_subnet_ids = list(string)
    security_group_ids = map(string)
  })
}

variable "database" {
  description = "Aurora: version, instances, capacity in ACU, connections, days of backups."
  type = object({
    engine_version        = string
    instance_count        = number
    capacity_min_acu      = number
    capacity_max_acu      = number
    connections_max       = number
    backup_retention_days = number
  })
}

variable "proxy_connections_percent" {
  description = "How much of them the proxy may take."
  type        = number
}
