// Langfuse's JavaScript client: scores of a trace. Prints whether it was done. Arguments: the server's address, the key,
// the trace.
import {LangfuseClient} from "@langfuse/client";

const [address, key, traceId] = process.argv.slice(2);
const client = new LangfuseClient({publicKey: "pk-lf-any", secretKey: key, baseUrl: address});
client.score.create({traceId, name: "user-feedback", value: 0, comment: "It is closed."});
client.score.create({traceId, name: "tone", value: "curt", dataType: "CATEGORICAL"});
await client.flush();
await client.shutdown();
console.log(JSON.stringify({done: true}));
