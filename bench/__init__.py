"""What Casewright costs, as ratios to the least that a transaction can cost here and now (`make bench`)."""
