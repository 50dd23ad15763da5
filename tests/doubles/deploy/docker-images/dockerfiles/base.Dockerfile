# SPDX-License-Identifier: Apache-2.0
# TEST DOUBLE of nsfl-base: Debian's Python with what the stand-ins need. Packages come through the base image's own sources.
FROM debian:bookworm
LABEL neursafe.fl.double="true" org.opencontainers.image.title="nsfl-base (test double, not the product)"
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    python3 python3-numpy python3-psycopg2 python3-pymongo python3-grpcio python3-boto3 ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && find /usr/lib/python3/dist-packages/botocore/data -mindepth 1 -maxdepth 1 -type d ! -name s3 -exec rm -rf {} + \
 && ln -s /usr/bin/python3 /usr/local/bin/python3.7
# Of botocore's 70 MB of service descriptions only S3 is asked for. python3.7 is only a name here: the commands of the platform call it so.
# Which generation the stand-ins are of: that of the guide, or 2024 for its successor. All other images have it from here.
ARG NSFL_DOUBLE_SHAPE=2022
ENV NSFL_DOUBLE_SHAPE=$NSFL_DOUBLE_SHAPE
ENV PYTHONPATH=/opt/nsfl-double PYTHONUNBUFFERED=1
