// The official clients of OpenAI and Anthropic for JavaScript, whose base URLs are the proxy's. Prints what they got.
// Arguments: the server's address.
import OpenAI from "openai";
import Anthropic from "@anthropic-ai/sdk";

const [address] = process.argv.slice(2);
const openai = new OpenAI({baseURL: `${address}/proxy/openai/v1`, apiKey: "sk-none", maxRetries: 0});
const anthropic = new Anthropic({baseURL: `${address}/proxy/anthropic`, apiKey: "sk-ant-none", maxRetries: 0});
const messages = [{role: "user", content: "Where does the red line stop?"}];
const tools = [{type: "function", function: {name: "stops", parameters: {type: "object", properties: {line: {type: "string"}}}}}];
const got = {};

const {data, response} = await openai.chat.completions.create({model: "gpt-4.1-mini", messages}).withResponse();
got.chat = data.choices[0].message.content;
got.id = response.headers.get("x-gleaner-interaction-id");
got.token = response.headers.get("x-gleaner-feedback-token");

const stream = await openai.chat.completions.create({model: "gpt-4.1-mini", messages, stream: true});
got.stream = "";
got.empty_chunks = 0;
for await (const chunk of stream) {
  if (chunk.choices.length === 0) got.empty_chunks += 1;
  got.stream += chunk.choices[0]?.delta?.content ?? "";
}

const called = await openai.chat.completions.create({model: "tools", messages, tools});
got.tool_call = called.choices[0].message.tool_calls[0].function;

const told = await openai.responses.create({model: "gpt-4.1-mini", input: "Where?"});
got.response = told.output_text;

try {
  await openai.chat.completions.create({model: "error", messages});
} catch (error) {
  got.error = [error.constructor.name, error.status, error.code];
}

const long = await openai.chat.completions.create({model: "long", messages, stream: true});
let chunks = 0;
for await (const _ of long) {
  if (++chunks === 5) long.controller.abort();
}
got.aborted_after = chunks;

const said = await anthropic.messages.create({model: "claude-sonnet-4-5", max_tokens: 50, messages});
got.message = said.content[0].text;
const streamed = anthropic.messages.stream({model: "claude-sonnet-4-5", max_tokens: 50, messages});
got.message_stream = (await streamed.finalMessage()).content[0].text;

console.log(JSON.stringify(got));
