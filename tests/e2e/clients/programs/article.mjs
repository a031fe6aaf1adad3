// The article's program: a job, files until enough are approved, their download, their annotations.
import { setTimeout as pause } from "node:timers/promises";
import { Assay } from "@assay/sdk";

const [apiKey, baseUrl, outputDir] = process.argv.slice(2);
const WANTED = 2;

const client = new Assay({ apiKey, baseUrl });

const job = await client.jobs.create({
  title: "Coffee shop menus",
  description: "Photos of coffee shop menus with readable prices",
  type: "data_collection",
  content_type: "image",
  file_formats: ["jpeg", "png"],
  quantity: 10,
  reward_per_file: 50,
});
console.log(job.id);

while ((await client.jobs.get(job.id)).files_approved < WANTED) await pause(500);

const files = await client.files.list({ job_id: job.id, status: "approved" });
for (const file of files.data) {
  console.log(JSON.stringify({ id: file.id, score: file.score, text: file.annotations.ocr_text }));
}

await client.files.downloadAll({ job_id: job.id, output_dir: outputDir });
