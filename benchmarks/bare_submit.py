"""The least that submits a pipeline by kfp.Client and sees its first task: a floor."""

import sys
import time

import kfp

client = kfp.Client(host=sys.argv[1])
run = client.create_run_from_pipeline_package(sys.argv[2], {}, "bare", "bare")
while not client.get_run(run.run_id).run_details.task_details:
    time.sleep(0.2)
