variable "name" {
  description = "Begins every name."
  type        = string
}

variable "region" {
  description = "The region."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets."
  type        = list(string)
}

variable "security_group_ids" {
  description = "By part: database, proxy."
  type        = map(string)
}

variable "data_key_arn" {
  description = "Encrypts what lies on disks."
  type        = string
}

variable "engine_version" {
  description = "Of Aurora Postgres."
  type        = string
}

variable "instance_count" {
  description = "One writer, the rest are ready to become it."
  type        = number
}

variable "capacity_min_acu" {
  description = "The least capacity, until the scaler decides."
  type        = number
}

variable "capacity_max_acu" {
  description = "The most capacity."
  type        = number
}

variable "connections_max" {
  description = "How many connections the server takes."
  type        = number
}

variable "proxy_connections_percent" {
  description = "How much of them the proxy may take."
  type        = number
}

variable "backup_retention_days" {
  description = "How far back the cluster can be restored."
  type        = number
}

variable "is_protected" {
  description = "Whether databases and tables refuse to be deleted."
  type        = bool
}

variable "recovery_window_days" {
  description = "How long a deleted secret can be had back; 0: not at all."
  type        = number
}

variable "passwords_version" {
  description = "A higher number writes new passwords, which the task `prepare` then gives to the roles."
  type        = number
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
}
