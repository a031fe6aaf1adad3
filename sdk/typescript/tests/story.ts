import { inject } from "vitest";
import { Assay, AssayWorker, type Job, type JobCreate } from "../src/index.js";
import type { FaultProxy } from "./proxy.js";
import { picture } from "./picture.js";

/** What most tests ask for. */
export const JOB = {
  title: "Menus",
  description: "Photos of coffee shop menus with readable prices",
  type: "data_collection",
  content_type: "image",
  file_formats: ["jpeg", "png"],
  quantity: 3,
  reward_per_file: 50,
} satisfies JobCreate;

/** An organization of its own, with a worker. */
export interface Organization {
  client: Assay;
  apiKey: string;
  worker: AssayWorker;
  workerToken: string;
}

let count = 0;

/** A new organization; its clients go through the proxy, if there is one. */
export async function openOrganization(proxy?: FaultProxy): Promise<Organization> {
  const server = { baseUrl: inject("serverUrl") };
  const email = `${process.pid}-${(count += 1)}-${Date.now()}@example.com`;
  const apiKey = (await Assay.signUp({ name: "Menus Ltd", email }, server)).api_key.key;
  const { token } = await new Assay({ apiKey, ...server }).workers.create({ name: "Ada" });
  const to = { baseUrl: proxy?.url ?? server.baseUrl, timeoutSeconds: 20 };
  return {
    client: new Assay({ apiKey, ...to }),
    apiKey,
    worker: new AssayWorker({ token, ...to }),
    workerToken: token,
  };
}

/** A job whose files are all delivered. */
export async function delivered(organization: Organization, quantity: number, padding_bytes = 0): Promise<Job> {
  const { client, worker } = organization;
  const job = await client.jobs.create({ ...JOB, quantity });
  for (let seed = 0; seed < quantity; seed += 1) {
    await worker.capture(job.id, picture(5, seed, padding_bytes), { filename: `menu ${seed}.png` });
  }
  return client.jobs.get(job.id);
}
