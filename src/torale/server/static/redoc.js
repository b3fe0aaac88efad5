"use strict";

Redoc.init(
  "/openapi.json",
  { nativeScrollbars: true, theme: { typography: { fontFamily: "system-ui, sans-serif", headings: { fontFamily: "system-ui, sans-serif" } } } },
  document.getElementById("reference"),
);
