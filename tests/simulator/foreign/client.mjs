// Makes the calls of a plan with Node's own fetch; a body goes out as a stream, in chunks.
import { readFileSync } from "node:fs";

const [address, user, password, plan] = process.argv.slice(2);
const authorization = "Basic " + Buffer.from(`${user}:${password}`).toString("base64");

for (const line of readFileSync(plan, "utf8").trimEnd().split("\n")) {
  const [method, path, body] = line.split("\t");
  const stream = body ? new Blob([body]).stream() : undefined;
  const answer = await fetch(address + path, {
    method,
    headers: { Authorization: authorization, "Content-Type": "application/json" },
    body: stream,
    duplex: "half",
  });
  const words = [answer.status, answer.headers.get("retry-after") ?? "", await answer.text()];
  console.log(words.join("\t"));
}
