# SPDX-License-Identifier: Apache-2.0
# TEST DOUBLE of nsfl-job-scheduler: a stand-in, not the product.
FROM nsfl-base:latest
LABEL org.opencontainers.image.title="nsfl-job-scheduler (test double, not the product)"
COPY neursafe_fl /opt/nsfl-double/neursafe_fl
ENTRYPOINT ["python3.7", "-m", "neursafe_fl.python.job_scheduler.app"]
