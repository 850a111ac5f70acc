output "repositories" {
  description = "By image: where it lies."
  value       = { for name, repository in aws_ecr_repository.this : name => { url = repository.repository_url, arn = repository.arn } }
}
