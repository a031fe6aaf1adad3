"""The article's program: a job, files until enough are approved, their download, their annotations."""

import json
import sys
import time

from assay_sdk import Client

API_KEY, BASE_URL, OUTPUT_DIR = sys.argv[1:]
WANTED = 2

client = Client(api_key=API_KEY, base_url=BASE_URL)

job = client.jobs.create(
    title="Coffee shop menus",
    description="Photos of coffee shop menus with readable prices",
    type="data_collection",
    content_type="image",
    file_formats=["jpeg", "png"],
    quantity=10,
    reward_per_file=50,
)
print(job.id, flush=True)

while client.jobs.get(job.id).files_approved < WANTED:
    time.sleep(0.5)

files = client.files.list(job_id=job.id, status="approved")
for file in files.data:
    assert file.annotations is not None
    print(json.dumps({"id": file.id, "score": file.score, "text": file.annotations.ocr_text}))

client.files.download_all(job_id=job.id, output_dir=OUTPUT_DIR)
