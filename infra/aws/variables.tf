variable "environment" {
  description = "What this bank is called among yours: part of every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,11}$", var.environment))
    error_message = "2 to 12 small letters, digits and hyphens, a letter first."
  }
}

variable "region" {
  description = "Where all of it is, but for what CloudFront needs in us-east-1."
  type        = string
}

variable "domain" {
  description = "The API is at api.DOMAIN, the app at app.DOMAIN, Dagster at dagster.DOMAIN (inside the network)."
  type        = string
}

variable "zone_id" {
  description = "The public Route 53 zone that holds DOMAIN."
  type        = string
}

variable "time_zone" {
  description = "Cuts days, weeks and months. Fixed at the bank's first start."
  type        = string
  default     = "UTC"
}

variable "alarm_email" {
  description = "Who hears of alarms and of the budget."
  type        = string
}

variable "budget_usd" {
  description = "What a month may cost before somebody is told."
  type        = number
}

variable "archives" {
  description = "The folder of `tidemark package`'s archives for arm64."
  type        = string
  default     = "../../dist/arm64"
}

variable "python" {
  description = "The Python of the archives."
  type        = string
  default     = "3.13"
}

variable "image_tag" {
  description = "Which images ECS runs: the tag under which they were pushed."
  type        = string
}

variable "is_running" {
  description = "Whether the bank has answered once: the gateway's authorizer reads its keys, and the passwords of its database change by themselves. Not at the first apply: README."
  type        = bool
  default     = true
}

variable "database_ca" {
  description = "The file with the certificate, in PEM, of the authority rds-ca-rsa2048-g1 in the region: README says where it comes from."
  type        = string
  default     = "database-ca.pem"

  validation {
    condition     = can(regex("^-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\\s*$", file(var.database_ca)))
    error_message = "A file with one certificate in PEM: the database's is checked by it. README, \"From an empty account\", says where it comes from."
  }
}

variable "network" {
  description = "CIDR of the VPC, letters of its availability zones, and whether each has a way out of its own: a NAT gateway, endpoints."
  type = object({
    cidr         = string
    zones        = list(string)
    is_redundant = bool
  })

  validation {
    condition     = can(cidrhost(var.network.cidr, 0)) && length(distinct(var.network.zones)) >= 2 && length(var.network.zones) <= 3
    error_message = "A CIDR block, and 2 or 3 zones: Aurora and load balancers take no fewer."
  }
}

variable "database" {
  description = "Aurora: version, instances, capacity in ACU, connections, days of backups, and whether it can be deleted."
  type = object({
    engine_version        = string
    instance_count        = number
    capacity_min_acu      = number
    capacity_max_acu      = number
    connections_max       = number
    backup_retention_days = number
    is_protected          = bool
  })

  validation {
    condition     = tonumber(split(".", var.database.engine_version)[0]) >= 18
    error_message = "Postgres 18 or newer: the bank uses uuidv7() and transaction_timeout."
  }

  validation {
    condition     = var.database.capacity_min_acu <= var.database.capacity_max_acu
    error_message = "The least capacity is more than the most."
  }
}

variable "services" {
  description = "By service: memory, and how many instances are kept warm at least and exist at most."
  type = map(object({
    memory_mb     = number
    warm_min      = number
    warm_max      = number
    instances_max = number
  }))

  validation {
    condition     = toset(keys(var.services)) == toset(["users", "accounts", "stats", "events"])
    error_message = "The services are users, accounts, stats and events."
  }

  validation {
    condition = alltrue([
      for service in values(var.services) :
      1 <= service.warm_min && service.warm_min <= service.warm_max && service.warm_max <= service.instances_max
    ])
    error_message = "1 <= warm_min <= warm_max <= instances_max."
  }
}

variable "throttle" {
  description = "Requests a second that the gateway takes in all, and how many at once beyond."
  type = object({
    rate  = number
    burst = number
  })
}

variable "pipeline" {
  description = "Dagster's task: CPU units, memory."
  type = object({
    cpu       = number
    memory_mb = number
  })
}

variable "app" {
  description = "The app's tasks: CPU units, memory, how many at least and at most."
  type = object({
    cpu       = number
    memory_mb = number
    count_min = number
    count_max = number
  })
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
}
