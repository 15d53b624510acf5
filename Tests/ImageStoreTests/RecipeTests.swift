import Testing

@testable import ImageStore

@Suite struct RecipeTests {
  static func step(_ line: String) throws -> Recipe.Step {
    try Recipe("FROM scratch\n\(line)\n", file: "Containerfile").instructions[1].step
  }

  static let steps: [(String, Recipe.Step)] = [
    ("NAME a:1 b", .name(["a:1", "b"])),
    ("package nodejs busybox-static", .package(.init(names: ["nodejs", "busybox-static"]))),
    (
      "PACKAGE --without=a,b --exclude=/usr/include g++",
      .package(.init(names: ["g++"], without: ["a", "b"], exclude: ["/usr/include"]))
    ),
    ("COPY a b /c/", .copy(.init(sources: ["a", "b"], target: "/c/"))),
    (#"COPY ["with blank", "/c"]"#, .copy(.init(sources: ["with blank"], target: "/c"))),
    (
      "COPY --chown=1:2 --chmod=4755 a /b",
      .copy(.init(sources: ["a"], target: "/b", userID: 1, groupID: 2, mode: 0o4755))
    ),
    ("ADD --chown=7 a /b", .copy(.init(sources: ["a"], target: "/b", userID: 7, groupID: 7))),
    ("RUN echo  hi && true", .run(["/bin/sh", "-c", "echo  hi && true"])),
    (#"RUN ["/bin/true", "x"]"#, .run(["/bin/true", "x"])),
    (
      "ENV A=1 B=\"two words\" C=x\\ y",
      .environment([.init(key: "A", value: "1"), .init(key: "B", value: "two words"), .init(key: "C", value: "x y")])
    ),
    ("ENV OLD the rest", .environment([.init(key: "OLD", value: "the rest")])),
    ("LABEL a.b='c'", .label([.init(key: "a.b", value: "c")])),
    ("WORKDIR /app", .workingDirectory("/app")),
    ("USER 1:1", .user("1:1")),
    (#"ENTRYPOINT ["node"]"#, .entrypoint(["node"])),
    ("CMD serve", .command(["/bin/sh", "-c", "serve"])),
    ("EXPOSE 80 53/udp", .expose(["80/tcp", "53/udp"])),
    (#"VOLUME ["/data"]"#, .volume(["/data"])),
    ("STOPSIGNAL SIGTERM", .stopSignal("SIGTERM")),
  ]

  @Test(arguments: steps)
  func parses(_ line: String, _ expected: Recipe.Step) throws {
    #expect(try Self.step(line) == expected)
  }

  @Test(arguments: [
    ("HEALTHCHECK CMD x", "HEALTHCHECK is not supported"),
    ("FROM other", "a second FROM (build stages) is not supported"),
    ("COPY a", "COPY needs a source and a target"),
    ("COPY --from=x a b", "COPY --from=x: known are --chown=…, --chmod=…"),
    ("COPY --chmod=99 a b", "COPY --chmod=99: not an octal mode"),
    ("COPY --chown=root a b", "COPY --chown=root: expected numbers, uid or uid:gid"),
    ("ADD https://x/y /z", "ADD https://x/y: a URL is not supported, a build takes nothing from the network"),
    ("ADD a.tar.gz /z", "ADD a.tar.gz: unpacking an archive is not supported, COPY its files"),
    ("PACKAGE -o x", "PACKAGE needs names of packages"),
    ("EXPOSE 0", "EXPOSE 0: not a port such as 80 or 53/udp"),
    ("EXPOSE 80/x", "EXPOSE 80/x: not a port such as 80 or 53/udp"),
    ("CMD [1]", "[1] is not a JSON list of strings"),
    ("ENV \"a", "a quote is not closed"),
    ("ENV A", "ENV A has no value"),
    ("USER", "USER needs an argument"),
    ("FRON x", "unknown instruction: FRON"),
  ])
  func refuses(_ line: String, _ message: String) {
    #expect(throws: RecipeError(file: "Containerfile", line: 2, message: message)) { try Self.step(line) }
  }

  @Test func linesContinueAndCommentsDoNotCount() throws {
    let recipe = try Recipe("# top\n\nFROM scratch\nRUN a \\\n # between\n  && b\nUSER 1\n", file: "f")
    #expect(recipe.instructions.map(\.line) == [3, 4, 7])
    #expect(recipe.instructions[1].step == .run(["/bin/sh", "-c", "a  && b"]))
  }

  @Test func aRecipeStartsWithFrom() {
    #expect(throws: RecipeError(file: "f", line: 1, message: "a recipe starts with FROM")) {
      try Recipe("USER 1\n", file: "f")
    }
    #expect(throws: RecipeError(file: "f", line: 0, message: "a recipe starts with FROM")) { try Recipe("", file: "f") }
  }

  @Test func variablesExpand() {
    let values = ["A": "1", "LONG_1": "2"]
    #expect(expandVariables("$A-${LONG_1}-$LONG_1x-\\$A-$-$NONE.", values) == "1-2--$A-$-.")
  }

  @Test func theConfigurationFollowsTheSteps() throws {
    var base = ImageConfiguration.Execution()
    base.command = ["sh"]
    base.environment = ["PATH=/bin", "A=0"]
    var configuration = BuildConfiguration(base: base)
    for line in [
      "ENV A=1", "ENV B=$A$A", "WORKDIR /srv", "WORKDIR app/$B", "ENTRYPOINT [\"node\"]", "EXPOSE 80", "LABEL v=$A",
    ] { configuration.apply(try Self.step(line)) }
    #expect(configuration.execution.environment == ["PATH=/bin", "A=1", "B=11"])
    #expect(configuration.workingDirectory == "/srv/app/11")
    #expect(configuration.execution.command == nil)
    #expect(configuration.execution.labels == ["v": "1"])
    #expect(configuration.absolute("x") == "/srv/app/11/x")
    configuration.apply(try Self.step("CMD [\"x\"]"))
    configuration.apply(try Self.step("ENTRYPOINT [\"y\"]"))
    #expect(configuration.execution.command == ["x"])
  }

  @Test func aptsPlanIsRead() {
    let plan = """
      NOTE: nothing is changed
      Inst gcc-12-base (12.2.0-14 Debian:12.5/stable [amd64])
      Inst zlib1g (1:1.2.13.dfsg-1 Debian:12.5/stable [amd64]) []
      Inst libc6:amd64 [2.35] (2.36-9 Debian:12.5/stable, Debian-Security:12/stable [amd64])
      Inst node-acorn (8.8.1+ds Debian:12.5/stable [all])
      Conf node-acorn (8.8.1+ds Debian:12.5/stable [all])
      """
    #expect(
      PackageResolver.parse(simulation: plan).map(\.fileName) == [
        "gcc-12-base_12.2.0-14_amd64.deb", "zlib1g_1%3a1.2.13.dfsg-1_amd64.deb", "node-acorn_8.8.1+ds_all.deb",
      ])
  }

  @Test func timesAreUTC() {
    #expect(utcTime(0) == "1970-01-01T00:00:00Z")
    #expect(utcTime(1_700_000_000) == "2023-11-14T22:13:20Z")
  }
}
