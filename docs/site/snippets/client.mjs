const server = "http://localhost:8008";

const workflows = await (await fetch(server + "/fastagency/discovery")).json();
const initiated = await fetch(server + "/fastagency/initiate_workflow", {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({
    workflow_name: workflows[0].name, workflow_uuid: crypto.randomUUID(), user_id: null, params: {},
  }),
});
const firstFrame = await initiated.text();

const socket = new WebSocket(server.replace("http", "ws") + "/fastagency/ws");
socket.onopen = () => socket.send(firstFrame);
socket.onmessage = (event) => {
  const { type = "text_message", sender, content } = JSON.parse(event.data);
  console.log(type, sender, content);
  if (type === "text_input" || type === "multiple_choice") {
    const choices = content.choices ?? content.suggestions;
    socket.send(prompt(`${content.prompt} ${choices.join(" / ")}`) ?? "");
  }
};
socket.onclose = (event) => console.log("closed", event.code, event.reason);
