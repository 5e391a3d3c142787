import json
import urllib.request
import uuid

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

server = "http://localhost:8008"

workflows = json.load(urllib.request.urlopen(server + "/fastagency/discovery"))
name, identifier = workflows[0]["name"], str(uuid.uuid4())
body = {"workflow_name": name, "workflow_uuid": identifier, "user_id": None, "params": {}}
request = urllib.request.Request(
    server + "/fastagency/initiate_workflow", json.dumps(body).encode(), {"Content-Type": "application/json"}
)
first_frame = urllib.request.urlopen(request).read().decode()

with connect(server.replace("http", "ws") + "/fastagency/ws") as socket:
    socket.send(first_frame)
    try:
        while True:
            message = json.loads(socket.recv())
            kind, content = message.get("type", "text_message"), message["content"]
            print(kind, message.get("sender"), content)
            if kind in ("text_input", "multiple_choice"):
                choices = content.get("choices") or content.get("suggestions")
                socket.send(input(f"{content['prompt']} {choices} "))
    except ConnectionClosed as closed:
        print("closed", closed.rcvd)
