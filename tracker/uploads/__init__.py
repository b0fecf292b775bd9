"""Certificates from elsewhere: uploaded by the learner, safely kept, checked by someone else."""
