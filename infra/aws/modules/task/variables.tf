variable "bank" {
  description = "What all parts of a bank have in common."
  type = object({
    name               = string
    region             = string
    data_key_arn       = string
    log_retention_days = number
  })
}

variable "name" {
  description = "What the task is called."
  type        = string
}

variable "image" {
  description = "Its repository, and which one of there."
  type        = object({ url = string, arn = string, tag = string })
}

variable "size" {
  description = "CPU units and memory."
  type        = object({ cpu = number, memory_mb = number })
}

variable "folders" {
  description = "By name: where the containers may write. They share it, and it goes with the task."
  type        = map(string)
}

variable "containers" {
  description = "What they run, are told and answer at. `is_there` is what `test` is asked for a container's health, which others may wait for."
  type = list(object({
    name           = string
    command        = optional(list(string))
    environment    = map(string)
    secrets        = optional(map(string), {})
    ports          = optional(list(number), [])
    is_there       = optional(list(string))
    waits_for      = optional(list(string), [])
    stop_timeout_s = optional(number, 30)
  }))
}

variable "secret_arns" {
  description = "The secrets that ECS hands to the containers."
  type        = list(string)
  default     = []
}
