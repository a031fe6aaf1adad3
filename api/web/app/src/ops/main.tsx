import "../shared/styles/index.css";
import "./ops.css";
import { render } from "preact";
import { SignedIn } from "../shared/components/signed-in";
import { start } from "../shared/router";
import "../shared/theme";
import { strings } from "../strings";
import { App } from "./app";

start("/ops");
render(
  <SignedIn title={strings.ops.title}>
    <App />
  </SignedIn>,
  document.getElementById("app")!,
);
